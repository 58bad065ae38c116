import { SessionError } from "../../errors.js";
import type { RedisAdapter } from "./adapter.js";
import type { RedisClient } from "./client.js";
import { adaptIoredis } from "./ioredis.js";
import { adaptNodeRedis } from "./node-redis.js";

/** Node's own; elsewhere a timer does. */
const { setImmediate = setTimeout } = globalThis as {
  setImmediate?: (next: () => void) => unknown;
};

const TURNS_TO_LISTEN = 3;
const TURN_MS = 10;

/** A client, its state and its events. All stores that share a client share its driver. */
export class RedisDriver {
  readonly adapter: RedisAdapter;
  /** Who has opened the client, and closes it. */
  owner: "store" | "user" | undefined;
  /** What uses the client, and has not released it. */
  readonly users: Set<object> = new Set();
  /** The last error since the client was ready. */
  lastError: unknown;
  /** When the client was ready or replied for the last time, by performance.now(). */
  heardAtMs: number = 0;
  /** When a client was found to hang for the last time. */
  silentAtMs: number = -Infinity;
  /** Until then it is not known whether the client hangs. */
  listening: Promise<void> | undefined;
  readonly #client: RedisClient;
  #connecting: Promise<unknown> | undefined;
  #opening: Promise<void> | undefined;
  #wake = (): void => {};

  constructor(client: RedisClient, adapter: RedisAdapter) {
    this.#client = client;
    this.adapter = adapter;
    // For as long as the client lives: an error event without a listener ends the process.
    client.on("error", (error: unknown) => {
      this.lastError = error;
      // Where there are several connections, another one may still work.
      if (adapter.isOneConnection) this.#wake();
    });
    client.on("ready", () => {
      this.lastError = undefined;
      this.heardAtMs = performance.now();
      this.#wake();
    });
  }

  /** Opens the client if it is not open. Resolves when it is ready, or down and reconnecting. */
  open(): Promise<void> {
    if (this.#opening) return this.#opening;
    const opening = new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      if (!this.adapter.isOpen()) {
        this.#connecting = this.#client.connect();
        this.#connecting.then(() => resolve(), reject);
      } else if (this.adapter.isReady()) resolve();
    }).finally(() => {
      this.heardAtMs = performance.now();
      if (this.#opening === opening) this.#opening = undefined;
    });
    this.#opening = opening;
    return opening;
  }

  /**
   * A command has timed out, and the client has heard nothing since it was sent. But a busy process sends
   * commands late, and runs its timers before it reads replies. So the client hangs only if it hears
   * nothing while the process takes some turns.
   */
  listen(): void {
    if (!this.adapter.isReady()) this.silentAtMs = performance.now();
    else this.listening ??= this.#listen().finally(() => (this.listening = undefined));
  }

  async #listen(): Promise<void> {
    const { heardAtMs } = this;
    for (let turn = 0; turn < TURNS_TO_LISTEN && this.heardAtMs === heardAtMs; turn++) {
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
      // Node may run several timers before it reads.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    if (this.heardAtMs === heardAtMs) this.silentAtMs = performance.now();
  }

  /** Closes the client at once. Never throws. */
  destroy(): void {
    const connecting = this.#connecting;
    this.#connecting = this.#opening = undefined;
    // Sentinel clients return a promise, and node-redis throws if the client is closed already.
    const destroy = async (): Promise<unknown> => this.#connecting ?? this.adapter.destroy();
    destroy().catch(() => {});
    // A Cluster of node-redis goes on connecting after destroy(), and would stay connected for ever.
    connecting?.then(destroy, destroy).catch(() => {});
  }
}

/**
 * One driver per client, for the whole process: many stores may share a client (one for each tenant
 * or test), and a client with more than ten listeners warns of a leak.
 */
const DRIVERS: WeakMap<RedisClient, RedisDriver> = new WeakMap();

/** @throws {SessionError} `ERR_SESSION_USAGE` for a client that the store cannot use. */
export function driverOf(client: RedisClient): RedisDriver {
  const known = DRIVERS.get(client);
  if (known) return known;
  const object = Object(client) as RedisClient;
  const adapter =
    adaptNodeRedis(object) ??
    adaptIoredis(object) ??
    "return one of node-redis 6 (not its legacy()) or of ioredis 5 or newer";
  if (typeof adapter === "string") {
    throw new SessionError(
      "ERR_SESSION_USAGE",
      `getClient returned no client that RedisSessionStore can use: ${adapter}.`,
    );
  }
  const driver = new RedisDriver(client, adapter);
  DRIVERS.set(client, driver);
  return driver;
}
