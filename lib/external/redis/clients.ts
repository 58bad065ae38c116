import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../../platform/awaitable.js";
import { withinTime } from "../../platform/time-limit.js";
import type { CircuitBreaker } from "./circuit-breaker.js";
import type { RedisClient, RedisDriver } from "./client.js";
import { IoredisDriver, isIoredis } from "./ioredis.js";
import { isNodeRedis, NodeRedisDriver } from "./node-redis.js";

/**
 * Returns a Redis client, or a promise of one.
 *
 * @example
 * ```ts
 * const getClient: GetRedisClient = (ctx) => createClient({ url: ctx.env("REDIS_URL") });
 * ```
 */
export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

/** Informs a store of the events of a client. */
interface ClientListener {
  failed(driver: RedisDriver, error: unknown): void;
  ready(): void;
}

interface WatchedClient {
  readonly driver: RedisDriver;
  readonly listeners: Set<ClientListener>;
}

/**
 * One entry per client, for the whole process: many stores may share a client (one for each tenant
 * or test), and a client with more than ten listeners warns of a leak.
 */
const WATCHED_CLIENTS: WeakMap<RedisClient, WatchedClient> = new WeakMap();

/** A call of getClient that has not returned yet. */
interface PendingClient {
  readonly coming: Promise<RedisDriver>;
  /** How many calls have given up waiting for it. */
  timeouts: number;
}

const MAX_TIMEOUTS = 2;

/** The clients of a connection: asks getClient for them, and listens to their events. */
export class RedisClients {
  readonly #getClient: GetRedisClient;
  readonly #listener: ClientListener;
  /** The drivers whose clients the listener listens to. */
  readonly #heard: Set<RedisDriver> = new Set();
  #pending: PendingClient | undefined;
  /** Clients that arrived after every call had given up waiting for them. */
  readonly #late: RedisDriver[] = [];
  #onLateClient: (driver: RedisDriver) => void = (driver) => this.#late.push(driver);
  #unusable: SessionError | undefined;
  /** Ends the wait of a start. */
  #wake: (() => void) | undefined;

  constructor(getClient: GetRedisClient, breaker: CircuitBreaker) {
    this.#getClient = getClient;
    this.#listener = {
      failed: ({ isOneConnection }, error) => {
        breaker.noteError(error);
        // Where there are several connections, another one may still work.
        if (isOneConnection) this.#wake?.();
      },
      ready: () => {
        breaker.clientReady();
        this.#wake?.();
      },
    };
  }

  /**
   * Asks for a client. A client that arrives too late is kept for the next call, so that none is left
   * open. After two timeouts getClient is called again, because its first promise may never settle.
   *
   * @throws {SessionError} when getClient has returned something that is not a suitable client. It is
   * not called again then: each call might open one more client, which nothing closes.
   */
  async take(ctx: RequestContext<any>, timeoutSeconds: number): Promise<RedisDriver> {
    if (this.#unusable) throw this.#unusable;
    const driver = this.#late.pop() ?? (await this.#ask(ctx, timeoutSeconds));
    for (const other of this.#heard) if (!other.isOpen) this.#unlisten(other);
    this.#heard.add(driver);
    listenersOf(driver).add(this.#listener);
    return driver;
  }

  /** Closes the clients that are there and those that arrive later: no call follows. */
  end(): void {
    this.#onLateClient = destroy;
    this.#late.splice(0).forEach(destroy);
    this.#pending?.coming.then(destroy, () => {});
    this.#heard.forEach((driver) => this.#unlisten(driver));
  }

  /** The next call asks getClient again. */
  reset(): void {
    this.#pending = undefined;
    this.#heard.forEach((driver) => this.#unlisten(driver));
  }

  /** Resolves when the client is ready or known to be down. It may go on connecting after that. */
  untilReadyOrDown({ client }: RedisDriver, mustOpen: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (mustOpen) client.connect().then(() => resolve(), reject);
    });
  }

  async #ask(ctx: RequestContext<any>, timeoutSeconds: number): Promise<RedisDriver> {
    const pending = (this.#pending ??= this.#callGetClient(ctx));
    try {
      const driver = await withinTime(timeoutSeconds, pending.coming);
      this.#forget(pending);
      return driver;
    } catch (error) {
      if (++pending.timeouts === MAX_TIMEOUTS) {
        this.#forget(pending);
        pending.coming.then(
          (driver) => this.#onLateClient(driver),
          () => {},
        );
      }
      throw error;
    }
  }

  #callGetClient(ctx: RequestContext<any>): PendingClient {
    const coming = (async () => this.#driverOf(await this.#getClient(ctx)))();
    const pending = { coming, timeouts: 0 };
    coming.catch(() => this.#forget(pending));
    return pending;
  }

  #forget(pending: PendingClient): void {
    if (this.#pending === pending) this.#pending = undefined;
  }

  #unlisten(driver: RedisDriver): void {
    this.#heard.delete(driver);
    listenersOf(driver).delete(this.#listener);
  }

  #driverOf(client: RedisClient): RedisDriver {
    const driver = watch(client);
    if (driver) return driver;
    this.#unusable = new SessionError(
      "ERR_SESSION_STORE",
      "getClient returned no client that RedisSessionStore can use. Pass one of node-redis 5 or newer (of version 4: createClient() alone), not in legacyMode and not its legacy(), or one of ioredis 5 or newer.",
    );
    throw this.#unusable;
  }
}

/** Closes the client at once. */
export function destroy(driver: RedisDriver): void {
  try {
    // Sentinel clients return a promise.
    Promise.resolve(driver.destroy()).catch(() => {});
  } catch {
    // node-redis throws if the client is closed already.
  }
}

/** The driver of a client; `null` if it is not a suitable client. */
function watch(client: RedisClient): RedisDriver | null {
  const known = WATCHED_CLIENTS.get(client);
  if (known) return known.driver;
  const driver = driverFor(Object(client));
  if (driver === null) return null;
  const listeners = new Set<ClientListener>();
  WATCHED_CLIENTS.set(client, { driver, listeners });
  // These stay as long as the client lives: an error event without a listener ends the process.
  client.on("error", (error: unknown) => listeners.forEach((one) => one.failed(driver, error)));
  client.on("ready", () => listeners.forEach((one) => one.ready()));
  return driver;
}

function listenersOf({ client }: RedisDriver): Set<ClientListener> {
  return WATCHED_CLIENTS.get(client)!.listeners;
}

function driverFor(client: Partial<RedisClient>): RedisDriver | null {
  if (isNodeRedis(client)) return new NodeRedisDriver(client);
  if (isIoredis(client)) return new IoredisDriver(client);
  return null;
}
