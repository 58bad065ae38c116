import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import { RedisClientSource } from "./client-source.js";
import type { GetRedisClient, RedisClient, RedisCommand, RedisDriver } from "./driver.js";
import { loggableError } from "./error.js";

/** Enough to read replies that have already arrived. */
const GRACE_MS = 5;
const CLOSED_BY_USER =
  "The Redis client that getClient returned has been closed. Return an open one, or one that was never opened.";

/**
 * The one client of a store: taken from getClient once, opened if it is not open, and replaced when
 * it hangs. While it is known to be down it gets no command: clients queue commands, and would send
 * them after the requests have given up.
 *
 * After a timeout, all calls fail at once for the length of one timeout, because they would most
 * likely time out, too. This ends early when the client is ready again.
 */
export class RedisConnection {
  readonly #source: RedisClientSource;
  readonly #timeoutSeconds: number;
  readonly #closesAll: boolean;
  #driver: RedisDriver | undefined;
  /** Whether this connection opened the client, and must close it. */
  #isOwn = false;
  /** The last client that the app had opened: if the app closes it, it is not opened again. */
  #usersClient: RedisClient | undefined;
  #opening: Promise<RedisDriver> | undefined;
  /** Settles when the attempt to replace the client of a Cluster is over. */
  #replacing: Promise<void> | undefined;
  /** By performance.now(), because the wall clock may be set back. */
  #timedOutAtMs = -Infinity;
  /** Unused controllers: making one costs more than all other work for a command. */
  readonly #spareControllers: AbortController[] = [];

  /** @param closesAll - Whether `close()` ends the connection for good, and closes every client. */
  constructor(getClient: GetRedisClient, timeoutSeconds: number, closesAll = false) {
    this.#source = new RedisClientSource(getClient, timeoutSeconds);
    this.#timeoutSeconds = timeoutSeconds;
    this.#closesAll = closesAll;
  }

  /**
   * Runs one command, within the timeout.
   *
   * @param secrets - Texts that no error may contain.
   */
  async run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    const controller = this.#spareControllers.pop() ?? new AbortController();
    let driver: RedisDriver | undefined;
    let answer: Promise<T> | undefined;
    const timer = setTimeout(() => {
      controller.abort();
      if (driver && answer) void this.#handleTimeout(ctx, driver, answer);
    }, this.#timeoutSeconds * 1000);
    try {
      driver = this.#ready() ?? (await this.#open(ctx));
      // The request has given up, and has reported that nothing was written.
      if (controller.signal.aborted)
        throw new Error("Redis did not accept a connection in time: the command was not sent.");
      answer = command(driver, controller.signal);
      return await answer;
    } catch (error) {
      throw error instanceof SessionError ? error : loggableError(error, secrets);
    } finally {
      clearTimeout(timer);
      if (!controller.signal.aborted) this.#spareControllers.push(controller);
    }
  }

  /** Closes the client if it was opened here. The next request opens one again. Never rejects. */
  async close(): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#replacing;
    const driver = this.#driver;
    this.#driver = undefined;
    this.#timedOutAtMs = -Infinity;
    if (this.#closesAll) this.#source.end();
    else this.#source.reset();
    if (driver && (this.#isOwn || this.#closesAll)) await this.#end(driver);
  }

  async #end(driver: RedisDriver): Promise<void> {
    try {
      if (driver.isReady) return void (await withinTime(this.#timeoutSeconds, driver.close()));
    } catch {
      // The server does not answer: the client is closed without waiting for replies.
    }
    driver.destroy();
  }

  /** The client, if there is one; throws at once while calls cannot succeed. */
  #ready(): RedisDriver | undefined {
    const driver = this.#driver;
    const failsUntilMs = this.#timedOutAtMs + this.#timeoutSeconds * 1000;
    const isReadyAgain = driver !== undefined && driver.readyAtMs > this.#timedOutAtMs;
    if (performance.now() < failsUntilMs && !isReadyAgain) {
      throw unavailable(new TimeoutError(this.#timeoutSeconds));
    }
    if (!driver) return undefined;
    if (!driver.isOpen) {
      // The client has stopped reconnecting, or the app has closed it.
      this.#driver = undefined;
      return undefined;
    }
    if (!driver.isReady) throw unavailable(driver.lastError);
    return driver;
  }

  #open(ctx: RequestContext<any>): Promise<RedisDriver> {
    this.#opening ??= this.#openOnce(ctx);
    return this.#opening;
  }

  async #openOnce(ctx: RequestContext<any>): Promise<RedisDriver> {
    try {
      return await this.#connect(ctx);
    } catch (error) {
      if (error instanceof TimeoutError) this.#timedOutAtMs = performance.now();
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  async #connect(ctx: RequestContext<any>): Promise<RedisDriver> {
    const driver = await this.#source.take(ctx);
    // getClient may return one and the same client each time.
    if (driver === this.#driver && driver.isOpen) return driver;
    const isOwn = !driver.isOpen;
    if (isOwn && driver.client === this.#usersClient)
      throw new SessionError("ERR_SESSION_STORE", CLOSED_BY_USER);
    if (!isOwn) this.#usersClient = driver.client;
    try {
      if (!driver.isOpen || !driver.isReady) {
        await withinTime(this.#timeoutSeconds, driver.untilReadyOrDown(isOwn));
      }
    } catch (error) {
      if (isOwn || this.#closesAll) driver.destroy();
      throw error;
    }
    this.#driver = driver;
    this.#isOwn = isOwn;
    if (!driver.isReady) throw unavailable(driver.lastError);
    return driver;
  }

  async #handleTimeout(
    ctx: RequestContext<any>,
    driver: RedisDriver,
    answer: Promise<unknown>,
  ): Promise<void> {
    if (driver !== this.#driver) return;
    if (driver.isCluster) {
      // The other servers may answer: their sessions go on with this client meanwhile.
      if (this.#isOwn) {
        this.#replacing ??= this.#replace(ctx, driver).finally(() => (this.#replacing = undefined));
      }
      return;
    }
    this.#timedOutAtMs = performance.now();
    // If this process was suspended, the reply has arrived already and is read now.
    const grace = new Promise<false>((resolve) => setTimeout(() => resolve(false), GRACE_MS));
    const isAnswered = answer.then(
      () => true,
      () => false,
    );
    if (await Promise.race([isAnswered, grace])) {
      this.#timedOutAtMs = -Infinity;
    } else if (driver === this.#driver && this.#isOwn && driver.isOneConnection) {
      // A connection that a firewall has dropped silently hangs for minutes: a new one may work.
      this.#driver = undefined;
      driver.destroy();
    }
  }

  /** Replaces the client of a Cluster: a new client finds the masters that there are now. */
  async #replace(ctx: RequestContext<any>, old: RedisDriver): Promise<void> {
    try {
      if ((await this.#connect(ctx)) !== old) await this.#end(old);
    } catch {
      // The old client stays, for the masters that it can reach.
    }
  }
}

function unavailable(cause: unknown): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "Redis cannot be reached, or does not answer; see the cause. The store connects again by itself. Answer 503 and let the client try again.",
    cause === undefined ? {} : { cause: loggableError(cause, []) },
  );
}
