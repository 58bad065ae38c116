import type { BackendCall, Insertion, Replacement } from "../guarded-backend.js";
import type { RedisClient } from "./client.js";
import { withoutCredentials } from "./error.js";

/** A client, its events, and the four hooks of the store. All stores that share a client share it. */
export abstract class RedisDriver {
  abstract readonly client: RedisClient;
  /** Whether it is a single connection: if that fails, all commands fail. */
  readonly isOneConnection: boolean;
  /** Who has opened the client, and closes it. */
  owner: "store" | "user" | undefined;
  /** What uses the client, and has not released it. */
  readonly users: Set<object> = new Set();
  /** The last error since the client was ready. */
  lastError: unknown;
  /** When the client was ready or replied for the last time, by performance.now(). */
  heardAtMs: number = 0;
  /** When a command timed out for the last time. */
  timedOutAtMs: number = -Infinity;
  /** Whether a store has destroyed the client because it hung: its commands have timed out. */
  isGivenUp: boolean = false;
  #connecting: Promise<unknown> | undefined;
  #opening: Promise<void> | undefined;
  #wake = (): void => {};

  constructor(client: RedisClient, isOneConnection: boolean) {
    this.isOneConnection = isOneConnection;
    // For as long as the client lives: an error event without a listener ends the process.
    client.on("error", (error: unknown) => {
      this.lastError = error;
      // Where there are several connections, another one may still work.
      if (isOneConnection) this.#wake();
    });
    client.on("ready", () => {
      this.lastError = undefined;
      this.heardAtMs = performance.now();
      this.#wake();
    });
  }

  /** Whether the client has been opened, and neither the app nor the client itself closed it. */
  abstract get isOpen(): boolean;
  /** `false` while the client is known to be down. Some clients do not report this. */
  abstract get isReady(): boolean;
  /** Where the server is, if the client tells it. */
  protected abstract get server(): string | undefined;
  /** Closes the client after the replies to all commands that were sent. */
  abstract close(): Promise<unknown>;

  abstract read(key: string, call: BackendCall): Promise<string | null>;
  abstract create(key: string, insertion: Insertion, call: BackendCall): Promise<boolean>;
  abstract update(key: string, replacement: Replacement, call: BackendCall): Promise<boolean>;
  abstract remove(key: string, call: BackendCall): Promise<unknown>;

  /** Closes the client at once. */
  protected abstract disconnect(): unknown;

  /** For errors. A path that was meant to be a URL may contain a password. */
  get address(): string {
    return withoutCredentials(this.server ?? "Redis");
  }

  /**
   * Opens the client if it is not open. Resolves when it is ready or known to be down; it may go on
   * connecting after that.
   */
  open(): Promise<void> {
    if (this.#opening) return this.#opening;
    const opening = new Promise<void>((resolve, reject) => {
      this.#wake = resolve;
      if (!this.isOpen) {
        this.#connecting = this.client.connect();
        this.#connecting.then(() => resolve(), reject);
      } else if (this.isReady) resolve();
    }).finally(() => {
      this.heardAtMs = performance.now();
      if (this.#opening === opening) this.#opening = undefined;
    });
    this.isGivenUp = false;
    this.#opening = opening;
    return opening;
  }

  giveUp(): void {
    this.isGivenUp = true;
    this.destroy();
  }

  /** Closes the client at once. Never throws or rejects. */
  destroy(): void {
    const connecting = this.#connecting;
    this.#connecting = this.#opening = undefined;
    this.#disconnectQuietly();
    // A Cluster of node-redis goes on connecting after destroy(), and would stay connected for ever.
    const end = (): unknown => this.#connecting ?? this.#disconnectQuietly();
    connecting?.then(end, end);
  }

  #disconnectQuietly(): void {
    try {
      // Sentinel clients return a promise.
      Promise.resolve(this.disconnect()).catch(() => {});
    } catch {
      // node-redis throws if the client is closed already.
    }
  }
}

/** Compare-and-swap in one step. `SET` has no such condition before Redis 8.4. */
export const UPDATE_SCRIPT = `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
return 1`;

/**
 * The result of a write that the server refused. If the client sent it twice, because the connection
 * was lost before the reply, the first one may have succeeded, and the second was refused for that
 * reason: then the result is unknown, which is an error.
 */
export function notWritten(isSentTwice: boolean): false {
  if (!isSentTwice) return false;
  throw new Error(
    "The connection was lost before the reply: whether Redis has written is not known.",
  );
}
