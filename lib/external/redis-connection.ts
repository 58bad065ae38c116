import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { withinTime } from "../platform/time-limit.js";
import type { RedisClient, RedisCommand, RedisDriver } from "./redis-client.js";
import { destroy, RedisDrivers, type GetRedisClient } from "./redis-drivers.js";
import { loggableError } from "./redis-error.js";
import { RedisHealth } from "./redis-health.js";

/** Milliseconds: enough to read what has arrived. */
const GRACE = 5;

/**
 * The one client of a store: asked for once, opened if it is not open, and asked for again only
 * when it has been given up. It is never given a command while it is known to be down, since
 * clients keep such commands and send them when nobody waits any longer.
 */
export class RedisConnection {
  /** Seconds. */
  readonly #timeout: number;
  readonly #closesAll: boolean;
  readonly #health: RedisHealth;
  readonly #drivers: RedisDrivers;
  #driver: RedisDriver | undefined;
  /** Whether the client was opened here, and is to be closed here. */
  #isOwn = false;
  /**
   * The last client that somebody else had opened: not for us to open
   * again when they have closed it.
   */
  #usersClient: RedisClient | undefined;
  #starting: Promise<RedisDriver> | undefined;
  /** While another client is about to take the place of this one. */
  #replacing: Promise<void> | undefined;
  /**
   * Controllers that have aborted nothing yet: making one costs more than all else that
   * is done here for a command.
   */
  readonly #spareLimits: AbortController[] = [];

  /**
   * @param timeout - Of a call, and of a start, in seconds.
   * @param closesAll - Whether `close()` closes a client that was handed over open, too.
   */
  constructor(getClient: GetRedisClient, timeout: number, closesAll = false) {
    this.#timeout = timeout;
    this.#closesAll = closesAll;
    this.#health = new RedisHealth(timeout);
    this.#drivers = new RedisDrivers(getClient, this.#health);
  }

  /**
   * Runs one command, within the timeout.
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
      isProbe = this.#health.beginCall();
      answer = command(driver, limit.signal);
      const result = await answer;
      this.#health.answered();
      return result;
    } catch (error) {
      throw error instanceof SessionError ? error : loggableError(error, secrets);
    } finally {
      clearTimeout(timer);
      if (!limit.signal.aborted) this.#spareLimits.push(limit);
      this.#health.endCall(isProbe);
    }
  }

  /** Closes the client if it was opened here. The next request opens one again. Never rejects. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#replacing;
    const driver = this.#driver;
    const isOwn = this.#isOwn || this.#closesAll;
    this.#driver = undefined;
    this.#health.reset();
    if (this.#closesAll) this.#drivers.end();
    else this.#drivers.reset();
    if (driver && isOwn) await this.#end(driver);
  }

  async #end(driver: RedisDriver): Promise<void> {
    try {
      if (driver.isReady) return void (await withinTime(this.#timeout, driver.close()));
    } catch {
      // It does not answer, and is left without a goodbye.
    }
    destroy(driver);
  }

  /** The client, if there is one; throws at once while it is known to be down. */
  #ready(): RedisDriver | undefined {
    if (this.#drivers.refusal) throw this.#drivers.refusal;
    if (this.#health.isResting) throw this.#health.unavailable();
    const driver = this.#driver;
    if (!driver) return undefined;
    if (!driver.isOpen) {
      // It has given up by itself, or its user has closed it.
      this.#driver = undefined;
      return undefined;
    }
    if (!driver.isReady || this.#health.isProbing) throw this.#health.unavailable();
    return driver;
  }

  /**
   * After a start that failed, one call at a time waits for the next one; the others fail at once.
   */
  #start(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#starting) {
      if (this.#health.isDown) throw this.#health.unavailable();
      return this.#starting;
    }
    this.#starting = this.#connect(ctx)
      .then(
        (driver) => {
          this.#health.started();
          return driver;
        },
        (error: unknown) => {
          this.#health.failedToStart(error);
          throw error;
        },
      )
      .finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  async #connect(ctx: RequestContext<any>): Promise<RedisDriver> {
    const driver = await this.#drivers.take(ctx, this.#timeout);
    const { client } = driver;
    const isOwn = !driver.isOpen || (this.#isOwn && driver === this.#driver);
    if (isOwn && client === this.#usersClient) throw closedByUser();
    if (!isOwn) this.#usersClient = client;
    try {
      if (!driver.isOpen || !driver.isReady) {
        await withinTime(this.#timeout, this.#drivers.untilReadyOrDown(driver, isOwn));
      }
    } catch (error) {
      if (isOwn || this.#closesAll) destroy(driver);
      throw error;
    }
    this.#driver = driver;
    this.#isOwn = isOwn;
    this.#health.answered();
    if (!driver.isReady) throw this.#health.unavailable();
    return driver;
  }

  /**
   * A call was not answered in time: unless there are other servers that may answer, none will be.
   */
  async #giveUp(
    ctx: RequestContext<any>,
    driver: RedisDriver,
    answer: Promise<unknown>,
  ): Promise<void> {
    if (driver !== this.#driver) return;
    if (driver.isCluster) {
      if (this.#isOwn && !driver.seesPromotions) {
        this.#replacing ??= this.#replaceClient(ctx, driver).finally(
          () => (this.#replacing = undefined),
        );
      }
      return;
    }
    const answered = answer.then(
      () => true,
      () => false,
    );
    this.#health.timedOut();
    // When it was this process that stood still, the answer has arrived and is read now.
    const late = new Promise<false>((resolve) => setTimeout(() => resolve(false), GRACE));
    if (await Promise.race([answered, late])) {
      this.#health.cameLate();
      return;
    }
    if (driver !== this.#driver) return;
    if (!this.#isOwn || !driver.isOneConnection) {
      // Pools take another connection for the probe.
      this.#health.hangs();
      return;
    }
    // A connection that a firewall has dropped silently would hang for minutes: the
    // next call opens a new one.
    this.#driver = undefined;
    this.#health.givenUp();
    destroy(driver);
  }

  /**
   * Another client finds the masters that there are now, and the sessions of
   * the others go on meanwhile.
   */
  async #replaceClient(ctx: RequestContext<any>, old: RedisDriver): Promise<void> {
    try {
      if ((await this.#connect(ctx)) !== old) await this.#end(old);
    } catch {
      // The old one is still there, for the masters that it can reach.
    }
  }
}

function closedByUser(): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "The Redis client that getClient returned has been closed. Return an open one, or one that was never opened.",
  );
}
