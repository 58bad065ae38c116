import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { withinTime } from "../../platform/time-limit.js";
import { CircuitBreaker } from "./circuit-breaker.js";
import type { RedisClient, RedisCommand, RedisDriver } from "./client.js";
import { destroy, RedisClients, type GetRedisClient } from "./clients.js";
import { loggableError } from "./error.js";

/** Enough to read replies that have already arrived. */
const GRACE_MS = 5;

/**
 * The one client of a store: taken from getClient once, opened if it is not open, and replaced only
 * when it was given up. While it is known to be down it gets no command: clients queue commands, and
 * would send them after the requests have given up.
 */
export class RedisConnection {
  readonly #timeoutSeconds: number;
  readonly #closesAll: boolean;
  readonly #breaker: CircuitBreaker;
  readonly #clients: RedisClients;
  #driver: RedisDriver | undefined;
  /** Whether this connection opened the client, and must close it. */
  #isOwn = false;
  /** The last client that its user had opened: if the user closes it, it is not opened again. */
  #usersClient: RedisClient | undefined;
  #starting: Promise<RedisDriver> | undefined;
  /** Settles when another client has replaced this one. */
  #replacing: Promise<void> | undefined;
  /** Unused controllers: making one costs more than all other work for a command. */
  readonly #spareControllers: AbortController[] = [];

  /** @param closesAll - Whether `close()` also closes a client that getClient returned open. */
  constructor(getClient: GetRedisClient, timeoutSeconds: number, closesAll = false) {
    this.#timeoutSeconds = timeoutSeconds;
    this.#closesAll = closesAll;
    this.#breaker = new CircuitBreaker(timeoutSeconds);
    this.#clients = new RedisClients(getClient, this.#breaker);
  }

  /**
   * Runs one command, within the timeout.
   *
   * @param secrets - Texts that must not stand in any error.
   */
  async run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    const controller = this.#spareControllers.pop() ?? new AbortController();
    let driver: RedisDriver | undefined;
    let answer: Promise<T> | undefined;
    let isProbe = false;
    const timer = setTimeout(() => {
      controller.abort();
      if (driver && answer) void this.#handleTimeout(ctx, driver, answer);
    }, this.#timeoutSeconds * 1000);
    try {
      driver = this.#ready() ?? (await this.#start(ctx));
      // The request has given up, and has reported that nothing was written.
      if (controller.signal.aborted) throw new Error("Connecting took too long.");
      isProbe = this.#breaker.beginCall();
      answer = command(driver, controller.signal);
      const result = await answer;
      this.#breaker.answered();
      return result;
    } catch (error) {
      throw error instanceof SessionError ? error : loggableError(error, secrets);
    } finally {
      clearTimeout(timer);
      if (!controller.signal.aborted) this.#spareControllers.push(controller);
      this.#breaker.endCall(isProbe);
    }
  }

  /** Closes the client if it was opened here. The next request opens one again. Never rejects. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    await this.#replacing;
    const driver = this.#driver;
    const isOwn = this.#isOwn || this.#closesAll;
    this.#driver = undefined;
    this.#breaker.reset();
    if (this.#closesAll) this.#clients.end();
    else this.#clients.reset();
    if (driver && isOwn) await this.#end(driver);
  }

  async #end(driver: RedisDriver): Promise<void> {
    try {
      if (driver.isReady) return void (await withinTime(this.#timeoutSeconds, driver.close()));
    } catch {
      // The server does not answer: the client is closed without waiting for replies.
    }
    destroy(driver);
  }

  /** The client, if there is one; throws at once while it is known to be down. */
  #ready(): RedisDriver | undefined {
    if (this.#breaker.failsFast) throw this.#breaker.unavailable();
    const driver = this.#driver;
    if (!driver) return undefined;
    if (!driver.isOpen) {
      // It has stopped reconnecting, or its user has closed it.
      this.#driver = undefined;
      return undefined;
    }
    if (!driver.isReady || this.#breaker.isProbing) throw this.#breaker.unavailable();
    return driver;
  }

  /** After a failed start, one call at a time waits for the next start; the others fail at once. */
  #start(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#starting) {
      if (this.#breaker.isDown) throw this.#breaker.unavailable();
      return this.#starting;
    }
    this.#starting = this.#startOnce(ctx);
    return this.#starting;
  }

  async #startOnce(ctx: RequestContext<any>): Promise<RedisDriver> {
    try {
      const driver = await this.#connect(ctx);
      this.#breaker.started();
      return driver;
    } catch (error) {
      this.#breaker.failedToStart(error);
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  async #connect(ctx: RequestContext<any>): Promise<RedisDriver> {
    const driver = await this.#clients.take(ctx, this.#timeoutSeconds);
    const { client } = driver;
    const isOwn = !driver.isOpen || (this.#isOwn && driver === this.#driver);
    if (isOwn && client === this.#usersClient) throw closedByUser();
    if (!isOwn) this.#usersClient = client;
    try {
      if (!driver.isOpen || !driver.isReady) {
        await withinTime(this.#timeoutSeconds, this.#clients.untilReadyOrDown(driver, isOwn));
      }
    } catch (error) {
      if (isOwn || this.#closesAll) destroy(driver);
      throw error;
    }
    this.#driver = driver;
    this.#isOwn = isOwn;
    this.#breaker.answered();
    if (!driver.isReady) throw this.#breaker.unavailable();
    return driver;
  }

  /** A call was not answered in time. Unless other servers may answer, no call will be answered. */
  async #handleTimeout(
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
    this.#breaker.callTimedOut();
    // If this process had stopped, the reply has arrived already and is read now.
    const grace = new Promise<false>((resolve) => setTimeout(() => resolve(false), GRACE_MS));
    if (await Promise.race([answered, grace])) {
      this.#breaker.answeredLate();
      return;
    }
    if (driver !== this.#driver) return;
    if (!this.#isOwn || !driver.isOneConnection) {
      // A pool takes another connection for the probe.
      this.#breaker.serverHangs();
      return;
    }
    // A connection that a firewall has dropped silently hangs for minutes. The next call opens a
    // new one.
    this.#driver = undefined;
    this.#breaker.clientDestroyed();
    destroy(driver);
  }

  /** A new client finds the current masters. Until it has, sessions on other masters still work. */
  async #replaceClient(ctx: RequestContext<any>, old: RedisDriver): Promise<void> {
    try {
      if ((await this.#connect(ctx)) !== old) await this.#end(old);
    } catch {
      // The old client stays, for the masters that it can reach.
    }
  }
}

function closedByUser(): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "The Redis client that getClient returned has been closed. Return an open one, or one that was never opened.",
  );
}
