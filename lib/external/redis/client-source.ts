import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import type { GetRedisClient, RedisClient, RedisDriver } from "./driver.js";
import { IoredisDriver, isIoredis } from "./ioredis.js";
import { isNodeRedis, NodeRedisDriver } from "./node-redis.js";

/** After this many timeouts getClient is called again: its promise may never settle. */
const MAX_TIMEOUTS = 2;
const UNSUITABLE =
  "getClient returned no client that RedisSessionStore can use. Pass one of node-redis 5 or newer (of version 4: createClient() alone), not in legacyMode and not its legacy(), or one of ioredis 5 or newer.";

/** Takes clients from getClient. A client that arrives too late is kept for the next call. */
export class RedisClientSource {
  readonly #getClient: GetRedisClient;
  readonly #timeoutSeconds: number;
  /** A call of getClient that has not returned yet. */
  #coming: Promise<void> | undefined;
  #timeouts = 0;
  /** A client that getClient has returned and that no call has taken yet. */
  readonly #arrived: RedisDriver[] = [];
  /** Set when getClient returned no suitable client: further calls might open more of them. */
  #unsuitable: SessionError | undefined;
  #isEnded = false;

  constructor(getClient: GetRedisClient, timeoutSeconds: number) {
    this.#getClient = getClient;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** The client of the running call of getClient, or of a new call. */
  async take(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#unsuitable) throw this.#unsuitable;
    while (this.#arrived.length === 0) {
      if (this.#isEnded) throw new Error("The store was closed while getClient was running.");
      await this.#arrival(ctx);
    }
    this.reset();
    return this.#arrived.pop()!;
  }

  /** Makes the next `take()` call getClient again. */
  reset(): void {
    this.#coming = undefined;
    this.#timeouts = 0;
  }

  /** Closes every client that has arrived or arrives later. `take()` is not called again. */
  end(): void {
    this.#isEnded = true;
    this.#arrived.splice(0).forEach((driver) => driver.destroy());
  }

  async #arrival(ctx: RequestContext<any>): Promise<void> {
    if (!this.#coming) {
      const coming = this.#callGetClient(ctx);
      coming.catch(() => this.#coming === coming && this.reset());
      this.#coming = coming;
    }
    try {
      await withinTime(this.#timeoutSeconds, this.#coming);
    } catch (error) {
      if (error instanceof TimeoutError && ++this.#timeouts === MAX_TIMEOUTS) this.reset();
      throw error;
    }
  }

  async #callGetClient(ctx: RequestContext<any>): Promise<void> {
    const driver = driverOf(await this.#getClient(ctx));
    if (!driver) throw (this.#unsuitable = new SessionError("ERR_SESSION_USAGE", UNSUITABLE));
    if (this.#isEnded) driver.destroy();
    else this.#arrived.push(driver);
  }
}

/**
 * One driver per client, for the whole process: many stores may share a client (one for each tenant
 * or test), and a client with more than ten listeners warns of a leak.
 */
const DRIVERS: WeakMap<RedisClient, RedisDriver> = new WeakMap();

/** `null` if it is not a suitable client. */
function driverOf(client: RedisClient): RedisDriver | null {
  let driver = DRIVERS.get(client);
  if (driver) return driver;
  const object = Object(client) as Partial<RedisClient>;
  if (isNodeRedis(object)) driver = new NodeRedisDriver(object);
  else if (isIoredis(object)) driver = new IoredisDriver(object);
  else return null;
  DRIVERS.set(client, driver);
  return driver;
}
