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
  #arrived: RedisDriver | undefined;
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
    if (!this.#arrived) await this.#arrival(ctx);
    const driver = this.#arrived;
    this.#arrived = undefined;
    this.reset();
    if (!driver) throw new Error("The connection was closed meanwhile.");
    return driver;
  }

  /** Makes the next `take()` call getClient again. */
  reset(): void {
    this.#coming = undefined;
    this.#timeouts = 0;
  }

  /** Closes every client that has arrived or arrives later. `take()` is not called again. */
  end(): void {
    this.#isEnded = true;
    this.#arrived?.destroy();
  }

  async #arrival(ctx: RequestContext<any>): Promise<void> {
    this.#coming ??= this.#callGetClient(ctx);
    try {
      await withinTime(this.#timeoutSeconds, this.#coming);
    } catch (error) {
      const mayArrive = error instanceof TimeoutError;
      if (!mayArrive || ++this.#timeouts === MAX_TIMEOUTS) this.reset();
      throw error;
    }
  }

  async #callGetClient(ctx: RequestContext<any>): Promise<void> {
    const driver = driverOf(await this.#getClient(ctx));
    if (driver === null)
      throw (this.#unsuitable = new SessionError("ERR_SESSION_STORE", UNSUITABLE));
    if (this.#isEnded) driver.destroy();
    else this.#arrived = driver;
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
