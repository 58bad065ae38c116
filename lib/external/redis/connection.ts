import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import type { BackendCall } from "../guarded-backend.js";
import type { GetRedisClient, RedisClient } from "./client.js";
import type { RedisDriver } from "./driver.js";
import { loggableError } from "./error.js";
import { driverOf } from "./suitable-client.js";

const CLOSED_BY_USER =
  "The Redis client that getClient returned has been closed. Return an open one, or one that was never opened.";

/**
 * The one client of a store. It is taken from getClient and opened when a call needs it. While it is
 * known to be down it gets no command: clients queue commands, and would send them after the
 * requests have given up.
 *
 * Reconnecting is the client's own work. But a client does not notice that a server hangs, or that a
 * firewall has dropped the connection. So the store gives up a client of its own that has not
 * replied for the length of the timeout, and opens another one. If others of its servers reply
 * (Cluster), they are served until the new client is ready.
 */
export class RedisConnection {
  readonly #getClient: GetRedisClient;
  readonly #timeoutSeconds: number;
  readonly #ownsAll: boolean;
  #driver: RedisDriver | undefined;
  #opening: Promise<RedisDriver> | undefined;
  /** Set when getClient returned no suitable client: further calls might open more of them. */
  #refusal: unknown;
  /** What the running attempt to open a client waits for. */
  #awaited = "";
  /** The last attempt that has taken too long. */
  #failure: TimeoutError | undefined;
  #failedAtMs = -Infinity;
  #replacedAtMs = -Infinity;
  #isClosed = false;

  /** @param ownsAll - Whether it also closes clients that the app has opened. */
  constructor(getClient: GetRedisClient, timeoutSeconds: number, ownsAll = false) {
    this.#getClient = getClient;
    this.#timeoutSeconds = timeoutSeconds;
    this.#ownsAll = ownsAll;
  }

  /**
   * Sends one command.
   *
   * @param name - Of the command, for errors.
   * @param secrets - Texts that no error may contain.
   */
  async run<T>(
    name: string,
    call: BackendCall,
    secrets: readonly string[],
    send: (driver: RedisDriver) => Promise<T>,
  ): Promise<T> {
    const driver = this.#ready() ?? (await this.#opened(call));
    call.onTimeout = () => {
      this.#handleTimeout(driver, call.ctx);
      return `${driver.address} to ${name}`;
    };
    try {
      const answer = await send(driver);
      driver.heardAtMs = performance.now();
      return answer;
    } catch (error) {
      if (driver.isGivenUp) throw new TimeoutError(this.#timeoutSeconds, call.onTimeout());
      if (needsNewClient(error, driver)) this.#replace(driver, call.ctx);
      throw loggableError(error, secrets);
    }
  }

  /** Closes the client, unless the app has opened it or another store uses it. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // It closes the client as soon as it has one.
    if (this.#opening) await withinTime(this.#timeoutSeconds, this.#opening).catch(() => {});
    if (this.#driver) await this.#release(this.#driver);
  }

  /** The client, if it is open; throws at once while calls cannot succeed. */
  #ready(): RedisDriver | undefined {
    if (this.#isClosed) throw closed();
    const driver = this.#driver;
    // If it is closed, the app has closed it, or the client has stopped reconnecting.
    if (!driver?.isOpen) return undefined;
    if (this.#hangs(driver)) {
      if (this.#owns(driver)) {
        this.#driver = undefined;
        driver.giveUp();
        return undefined;
      }
      if (this.#isRecent(driver.timedOutAtMs))
        throw unavailable(new TimeoutError(this.#timeoutSeconds, driver.address));
    }
    if (!driver.isReady) throw unavailable(driver.lastError);
    return driver;
  }

  /** The client as soon as it is open; throws at once if the last attempt has taken too long. */
  async #opened(call: BackendCall): Promise<RedisDriver> {
    const opening = this.#open(call.ctx);
    if (this.#isRecent(this.#failedAtMs)) {
      opening.catch(() => {});
      throw unavailable(this.#failure);
    }
    call.onTimeout = () => {
      this.#fail(new TimeoutError(this.#timeoutSeconds, this.#awaited));
      return this.#awaited;
    };
    const driver = await opening;
    // The request has given up, and has reported that nothing was written.
    if (call.signal.aborted) throw new Error("The command was not sent.");
    if (!driver.isReady) throw unavailable(driver.lastError);
    return driver;
  }

  #open(ctx: RequestContext<any>): Promise<RedisDriver> {
    this.#opening ??= this.#attempt(ctx).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #attempt(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#refusal) throw this.#refusal;
    this.#awaited = "getClient";
    const driver = this.#driverOf(await this.#getClient(ctx));
    this.#awaited = driver.address;
    driver.owner ??= driver.isOpen ? "user" : "store";
    if (!driver.isOpen && !this.#owns(driver))
      throw new SessionError("ERR_SESSION_STORE", CLOSED_BY_USER);
    driver.users.add(this);
    try {
      await withinTime(this.#timeoutSeconds, driver.open(), () => driver.address);
    } catch (error) {
      if (error instanceof TimeoutError) this.#fail(error);
      if (this.#owns(driver)) driver.destroy();
      throw loggableError(error, []);
    }
    const old = this.#driver;
    this.#driver = driver;
    this.#failedAtMs = -Infinity;
    if (old && old !== driver) void this.#release(old);
    if (this.#isClosed) {
      await this.#release(driver);
      throw closed();
    }
    return driver;
  }

  #driverOf(client: RedisClient): RedisDriver {
    try {
      return driverOf(client);
    } catch (error) {
      this.#refusal = error;
      throw error;
    }
  }

  #handleTimeout(driver: RedisDriver, ctx: RequestContext<any>): void {
    driver.timedOutAtMs = performance.now();
    if (!driver.isOneConnection && !this.#hangs(driver)) this.#replace(driver, ctx);
  }

  /** Opens a new client in the background. The old one is used until then, and stays if this fails. */
  #replace(driver: RedisDriver, ctx: RequestContext<any>): void {
    if (driver !== this.#driver || driver.owner === "user" || this.#ownsAll) return;
    if (this.#isRecent(this.#replacedAtMs)) return;
    this.#replacedAtMs = performance.now();
    this.#open(ctx).catch(() => {});
  }

  async #release(driver: RedisDriver): Promise<void> {
    driver.users.delete(this);
    if (!this.#owns(driver) || driver.users.size > 0) return;
    try {
      if (driver.isReady) return void (await withinTime(this.#timeoutSeconds, driver.close()));
    } catch {
      // The server does not answer: the client is closed without waiting for replies.
    }
    driver.destroy();
  }

  #owns(driver: RedisDriver): boolean {
    return this.#ownsAll || driver.owner === "store";
  }

  /** Whether a command has timed out, and no server of the client has replied for as long. */
  #hangs({ timedOutAtMs, heardAtMs }: RedisDriver): boolean {
    return timedOutAtMs > heardAtMs && !this.#isRecent(heardAtMs);
  }

  #fail(error: TimeoutError): void {
    this.#failure = error;
    this.#failedAtMs = performance.now();
  }

  /** Whether the time, by performance.now(), is less than one timeout ago. */
  #isRecent(timeMs: number): boolean {
    return performance.now() - timeMs < this.#timeoutSeconds * 1000;
  }
}

function closed(): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "The store has been closed. Close it after the server has answered its last request.",
  );
}

function unavailable(cause: unknown): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "Redis cannot be reached, or does not answer; see the cause. The store connects again by itself. Answer 503 and let the client try again.",
    cause === undefined ? {} : { cause: loggableError(cause, []) },
  );
}

/**
 * Whether a new client may reach a server that this one does not reach: after a failover by address,
 * the old primary is read-only (scripts say it in the middle of their message), and in a Cluster, a
 * client may give up one of its servers for ever. Servers begin their errors with a code.
 */
function needsNewClient(error: unknown, { isOneConnection }: RedisDriver): boolean {
  const { message } = error as Error;
  return message.includes("READONLY") || !(isOneConnection || /^[A-Z]+ /.test(message));
}
