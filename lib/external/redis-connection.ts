import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { IoredisDriver, isIoredis } from "./ioredis-driver.js";
import { isNodeRedis, NodeRedisDriver } from "./node-redis-driver.js";
import type { RedisClient, RedisCommand, RedisDriver } from "./redis-client.js";
import { loggableError } from "./redis-error.js";
import { withinTime } from "../platform/time-limit.js";

/** Milliseconds: enough to read what has arrived. */
const GRACE = 5;

export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

/**
 * The one client of a store: asked for once, opened if it is not open, and asked for again only when it has been given up. It is never
 * given a command while it is known to be down, since clients keep such commands and send them when nobody waits any longer.
 */
export class RedisConnection {
  readonly #getClient: GetRedisClient;
  /** Seconds. */
  readonly #timeout: number;
  readonly #closesAll: boolean;
  /** Of every client that has been seen, so that none is listened to twice. */
  readonly #drivers: WeakMap<RedisClient, RedisDriver> = new WeakMap();
  #driver: RedisDriver | undefined;
  /** Whether the client was opened here, and is to be closed here. */
  #isOwn = false;
  /** The last client that somebody else had opened: not for us to open again when he has closed it. */
  #usersClient: RedisClient | undefined;
  #starting: Promise<RedisDriver> | undefined;
  /** What getClient is about to answer. When it is late for one start, it is there for the next. */
  #asked: Promise<RedisDriver> | undefined;
  /** Ends the wait of a start: the client is ready, or known to be down. */
  #settle: (() => void) | undefined;
  /** Whether the last start has failed. */
  #isDown = false;
  /** Whether the last call has timed out, of a client that is not to be replaced. */
  #isHung = false;
  /** Whether a call is under way that finds out whether the client still hangs. */
  #isProbing = false;
  /** Whether another client is about to take the place of this one. */
  #isSucceeding = false;
  /** Milliseconds since 1970, until which there is no use in trying: a call has just waited in vain. */
  #restsUntil = 0;
  /** Controllers that have aborted nothing yet: making one costs more than all else that is done here for a command. */
  readonly #spareLimits: AbortController[] = [];
  #refusal: SessionError | undefined;
  #lastError: unknown;

  /**
   * @param timeout - Of a call, and of a start, in seconds.
   * @param closesAll - Whether `close()` closes a client that was handed over open, too.
   */
  constructor(getClient: GetRedisClient, timeout: number, closesAll = false) {
    this.#getClient = getClient;
    this.#timeout = timeout;
    this.#closesAll = closesAll;
  }

  /**
   * Runs one command, within the time-out.
   *
   * @param secrets - What must not stand in any error.
   */
  async run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    const limit = this.#spareLimits.pop() ?? new AbortController();
    let driver: RedisDriver | undefined;
    let answer: Promise<T> | undefined;
    let isProbe = false;
    const timer = setTimeout(() => {
      limit.abort();
      if (driver && answer) void this.#giveUp(ctx, driver, answer);
    }, this.#timeout * 1000);
    try {
      driver = this.#ready() ?? (await this.#start(ctx));
      // Whoever has waited too long for the start has been told that nothing was written.
      if (limit.signal.aborted) throw new Error("Connecting took too long.");
      isProbe = this.#isProbing = this.#isHung;
      answer = command(driver, limit.signal);
      const result = await answer;
      this.#isHung = false;
      return result;
    } catch (error) {
      throw error instanceof SessionError ? error : loggableError(error, secrets);
    } finally {
      clearTimeout(timer);
      if (!limit.signal.aborted) this.#spareLimits.push(limit);
      if (isProbe) this.#isProbing = false;
    }
  }

  /** Closes the client if it was opened here. The next request opens one again. Never rejects. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    const driver = this.#driver;
    const isOwn = this.#isOwn || this.#closesAll;
    this.#driver = undefined;
    this.#isDown = false;
    this.#restsUntil = 0;
    if (this.#closesAll) this.#asked?.then(destroy, () => {});
    this.#asked = undefined;
    if (driver && isOwn) await this.#end(driver);
  }

  async #end(driver: RedisDriver): Promise<void> {
    try {
      if (driver.isReady) return void (await withinTime(this.#timeout, driver.close()));
    } catch {
      // It does not answer, and is left without a good-bye.
    }
    destroy(driver);
  }

  /** The client, if there is one; throws at once while it is known to be down. */
  #ready(): RedisDriver | undefined {
    if (this.#refusal) throw this.#refusal;
    if (this.#restsUntil > Date.now()) throw this.#notConnected();
    const driver = this.#driver;
    if (!driver) return undefined;
    if (!driver.isOpen) {
      // It has given up by itself, or its user has closed it.
      this.#driver = undefined;
      return undefined;
    }
    if (!driver.isReady || this.#isProbing) throw this.#notConnected();
    return driver;
  }

  /** After a start that failed, one call at a time waits for the next one; the others fail at once. */
  #start(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#starting) {
      if (this.#isDown) throw this.#notConnected();
      return this.#starting;
    }
    const start = Date.now();
    this.#starting = this.#connect(ctx)
      .then(
        (driver) => {
          this.#isDown = false;
          return driver;
        },
        (error: unknown) => {
          this.#isDown = true;
          if (Date.now() - start >= this.#timeout * 1000) this.#rest();
          if (!(error instanceof SessionError)) this.#lastError = error;
          throw error;
        },
      )
      .finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #connect(ctx: RequestContext<any>): Promise<RedisDriver> {
    const driver = await withinTime(this.#timeout, this.#ask(ctx));
    this.#asked = undefined;
    const { client } = driver;
    const isOwn = !driver.isOpen || (this.#isOwn && driver === this.#driver);
    if (isOwn && client === this.#usersClient) throw this.#notConnected();
    if (!isOwn) this.#usersClient = client;
    try {
      if (!driver.isOpen || !driver.isReady) {
        await withinTime(this.#timeout, this.#settled(driver, isOwn));
      }
    } catch (error) {
      if (isOwn || this.#closesAll) destroy(driver);
      throw error;
    }
    this.#driver = driver;
    this.#isOwn = isOwn;
    this.#isHung = false;
    if (!driver.isReady) throw this.#notConnected();
    return driver;
  }

  #ask(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (!this.#asked) {
      this.#asked = (async () => this.#driverOf(await this.#getClient(ctx)))();
      this.#asked.catch(() => (this.#asked = undefined));
    }
    return this.#asked;
  }

  /** Until the client is ready or known to be down, whichever is first. It may go on trying after that. */
  #settled({ client }: RedisDriver, isOwn: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      if (isOwn) client.connect().then(() => resolve(), reject);
    });
  }

  #driverOf(client: RedisClient): RedisDriver {
    const known = this.#drivers.get(client);
    if (known) return known;
    const driver = this.#recognize(client);
    this.#drivers.set(client, driver);
    // Without a listener, an error of node-redis ends the process.
    client.on("error", (error: unknown) => {
      this.#lastError = error;
      // Where there are several connections, the next may be the one that works.
      if (driver.isOneConnection) this.#settle?.();
    });
    client.on("ready", () => {
      this.#isHung = this.#isProbing = false;
      this.#restsUntil = 0;
      this.#settle?.();
    });
    return driver;
  }

  #recognize(client: RedisClient): RedisDriver {
    const candidate: Partial<RedisClient> = Object(client);
    if (isNodeRedis(candidate)) return new NodeRedisDriver(candidate);
    if (isIoredis(candidate)) return new IoredisDriver(candidate);
    // Not asked for again: each would be one more connection that nobody closes.
    this.#refusal = new SessionError(
      "ERR_SESSION_STORE",
      "getClient returned no client that RedisSessionStore can use. Pass one of node-redis 5 or newer (of version 4: createClient() alone), not in legacyMode and not its legacy(), or one of ioredis 5 or newer.",
    );
    throw this.#refusal;
  }

  /** A call was not answered in time: unless there are other servers that may answer, none will be. */
  async #giveUp(
    ctx: RequestContext<any>,
    driver: RedisDriver,
    answer: Promise<unknown>,
  ): Promise<void> {
    if (driver !== this.#driver) return;
    if (driver.isCluster) return driver.seesPromotions ? undefined : this.#succeed(ctx, driver);
    const answered = answer.then(
      () => true,
      () => false,
    );
    this.#lastError = new Error(`No answer within ${this.#timeout} s.`);
    this.#rest();
    // When it was this process that stood still, the answer has arrived and is read now.
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), GRACE));
    if (await Promise.race([answered, late])) {
      this.#restsUntil = 0;
      return;
    }
    if (driver !== this.#driver) return;
    if (!this.#isOwn || !driver.isOneConnection) {
      // Pools take another connection for the probe.
      this.#isHung = true;
      return;
    }
    // A connection that a firewall has dropped without a word would hang for minutes: the next call opens a new one.
    this.#driver = undefined;
    this.#isDown = true;
    destroy(driver);
  }

  /** Another client finds the masters that there are now, and the sessions of the others go on meanwhile. */
  async #succeed(ctx: RequestContext<any>, old: RedisDriver): Promise<void> {
    if (!this.#isOwn || this.#isSucceeding) return;
    this.#isSucceeding = true;
    try {
      if ((await this.#connect(ctx)) !== old) await this.#end(old);
    } catch {
      // The old one is still there, for the masters that it can reach.
    } finally {
      this.#isSucceeding = false;
    }
  }

  /** For as long again calls fail at once: they had nothing to expect but to wait in vain, too. */
  #rest(): void {
    this.#restsUntil = Date.now() + this.#timeout * 1000;
  }

  #notConnected(): SessionError {
    return new SessionError(
      "ERR_SESSION_STORE",
      "The Redis client is not connected. It keeps reconnecting; answer 503 and let the client try again.",
      this.#lastError === undefined ? {} : { cause: loggableError(this.#lastError, []) },
    );
  }
}

function destroy(driver: RedisDriver): void {
  try {
    // Sentinel clients answer with a promise.
    Promise.resolve(driver.destroy()).catch(() => {});
  } catch {
    // node-redis throws when there is nothing left to destroy.
  }
}
