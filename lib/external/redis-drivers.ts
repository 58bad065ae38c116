import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { withinTime } from "../platform/time-limit.js";
import type { RedisClient, RedisDriver } from "./redis-client.js";
import type { RedisHealth } from "./redis-health.js";
import { listenersOf, watch, type RedisClientListener } from "./watched-redis-clients.js";

/**
 * Returns a Redis client, or a promise of one.
 *
 * @example
 * ```ts
 * const getClient: GetRedisClient = (ctx) => createClient({ url: ctx.env("REDIS_URL") });
 * ```
 */
export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

/** What getClient is about to answer. */
interface Asked {
  readonly coming: Promise<RedisDriver>;
  /** How often somebody has waited for it in vain. */
  inVain: number;
}

const MAX_IN_VAIN = 2;

/**
 * Where the clients of a connection come from: asks for them, recognizes them and listens to them.
 */
export class RedisDrivers {
  readonly #getClient: GetRedisClient;
  readonly #listener: RedisClientListener;
  /** Those that the listener hears of. */
  readonly #heard: Set<RedisDriver> = new Set();
  #asked: Asked | undefined;
  /** Those that have come when nobody waited for them any longer. */
  readonly #late: RedisDriver[] = [];
  #keep: (driver: RedisDriver) => void = (driver) => this.#late.push(driver);
  #refusal: SessionError | undefined;
  /** Ends the wait of a start. */
  #wake: (() => void) | undefined;

  constructor(getClient: GetRedisClient, health: RedisHealth) {
    this.#getClient = getClient;
    this.#listener = {
      failed: ({ isOneConnection }, error) => {
        health.note(error);
        // Where there are several connections, the next may be the one that works.
        if (isOneConnection) this.#wake?.();
      },
      ready: () => {
        health.ready();
        this.#wake?.();
      },
    };
  }

  /**
   * Set once getClient has returned something else than a client. It is not asked again: each would
   * be one more that nobody closes.
   */
  get refusal(): SessionError | undefined {
    return this.#refusal;
  }

  /**
   * Asks for a client. One that comes too late for whoever asked is there for the next who asks, so
   * that no client is left behind; after two who have waited in vain getClient is called again,
   * since the first call may never end.
   *
   * @param limit - Seconds.
   */
  async take(ctx: RequestContext<any>, limit: number): Promise<RedisDriver> {
    const driver = this.#late.pop() ?? (await this.#coming(ctx, limit));
    // Those that have ended have nothing more to say.
    for (const other of this.#heard) if (!other.isOpen) this.#leave(other);
    this.#heard.add(driver);
    listenersOf(driver).add(this.#listener);
    return driver;
  }

  async #coming(ctx: RequestContext<any>, limit: number): Promise<RedisDriver> {
    const asked = (this.#asked ??= this.#ask(ctx));
    try {
      const driver = await withinTime(limit, asked.coming);
      this.#forget(asked);
      return driver;
    } catch (error) {
      if (++asked.inVain === MAX_IN_VAIN) {
        this.#forget(asked);
        asked.coming.then(
          (driver) => this.#keep(driver),
          () => {},
        );
      }
      throw error;
    }
  }

  /** Nobody will ask again: what is there or comes yet is given up. */
  end(): void {
    this.#keep = destroy;
    this.#late.splice(0).forEach(destroy);
    this.#asked?.coming.then(destroy, () => {});
    this.#heard.forEach((driver) => this.#leave(driver));
  }

  /** The next who asks gets another one. */
  reset(): void {
    this.#asked = undefined;
    this.#heard.forEach((driver) => this.#leave(driver));
  }

  /**
   * Until the client is ready or known to be down, whichever is first. It
   * may go on trying after that.
   */
  untilReadyOrDown({ client }: RedisDriver, opens: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (opens) client.connect().then(() => resolve(), reject);
    });
  }

  #leave(driver: RedisDriver): void {
    this.#heard.delete(driver);
    listenersOf(driver).delete(this.#listener);
  }

  #ask(ctx: RequestContext<any>): Asked {
    const coming = (async () => this.#driverOf(await this.#getClient(ctx)))();
    const asked = { coming, inVain: 0 };
    coming.catch(() => this.#forget(asked));
    return asked;
  }

  #forget(asked: Asked): void {
    if (this.#asked === asked) this.#asked = undefined;
  }

  #driverOf(client: RedisClient): RedisDriver {
    const driver = watch(client);
    if (driver) return driver;
    this.#refusal = new SessionError(
      "ERR_SESSION_STORE",
      "getClient returned no client that RedisSessionStore can use. Pass one of node-redis 5 or newer (of version 4: createClient() alone), not in legacyMode and not its legacy(), or one of ioredis 5 or newer.",
    );
    throw this.#refusal;
  }
}

/** Ends the client at once. */
export function destroy(driver: RedisDriver): void {
  try {
    // Sentinel clients answer with a promise.
    Promise.resolve(driver.destroy()).catch(() => {});
  } catch {
    // node-redis throws when there is nothing left to destroy.
  }
}
