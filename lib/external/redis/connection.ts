import { SessionError } from "../../errors.js";
import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { TimeoutError, withinTime } from "../../platform/time-limit.js";
import type { BackendCall } from "../backend-hooks.js";
import type { RedisAdapter } from "./adapter.js";
import type { GetRedisClient, RedisClient } from "./client.js";
import { driverOf, type RedisDriver } from "./driver.js";
import { loggableError, unavailable } from "./error.js";

/**
 * Replacing a client may take this long, and begins again after it: a new client of a Cluster may
 * have asked the one server that hangs.
 */
const REPLACEMENT_SECONDS = 1;
const CLOSED_BY_USER =
  "The Redis client that getClient returned has been closed. Return an open one, or one that was never opened.";

/**
 * The one client of a store. It is taken from getClient and opened when a call needs it. While it is
 * known to be down it gets no command: clients queue commands, and would send them after the
 * requests have given up.
 *
 * Clients reconnect by themselves. But they do not notice that a server hangs, or that a firewall has
 * dropped the connection. So the store gives up a client of its own that has not replied for one
 * timeout, and opens another one. If other servers of the client reply (Cluster), it is used until
 * the new one is ready.
 */
export class RedisConnection {
  readonly #getClient: GetRedisClient;
  readonly #timeoutSeconds: number;
  readonly #ownsAll: boolean;
  #driver: RedisDriver | undefined;
  #opening: Promise<RedisDriver> | undefined;
  /** What the running attempt to open a client waits for. */
  #awaited = "";
  /** The attempt that has found that the store cannot use the client. It is the last one. */
  #refused: Promise<RedisDriver> | undefined;
  /** The last attempt that has taken too long, and when it ended. */
  #failure: TimeoutError | undefined;
  #failedAtMs = -Infinity;
  #replacedAtMs = -Infinity;
  #isClosed = false;

  /** @param ownsAll - Whether it also closes a client that the app has opened. */
  constructor(getClient: GetRedisClient, timeoutSeconds: number, ownsAll: boolean) {
    this.#getClient = getClient;
    this.#timeoutSeconds = timeoutSeconds;
    this.#ownsAll = ownsAll;
  }

  /**
   * Sends one command.
   *
   * @param name - The command's name, for errors.
   * @param secrets - Texts that no error may contain.
   */
  async run<T>(
    name: string,
    call: BackendCall,
    secrets: readonly string[],
    send: (redis: RedisAdapter) => Promise<T>,
  ): Promise<T> {
    if (this.#driver?.listening) {
      await this.#driver.listening;
      assertWanted(call);
    }
    const driver = this.#ready() ?? (await this.#opened(call));
    const answerer = (): string => `${driver.adapter.address} to ${name}`;
    const { heardAtMs } = driver;
    call.onTimeout = () => {
      if (driver.heardAtMs === heardAtMs) driver.listen();
      else if (!driver.adapter.isOneConnection) this.#replace(driver, call.ctx);
      return answerer();
    };
    try {
      const answer = await send(driver.adapter);
      driver.heardAtMs = performance.now();
      return answer;
    } catch (error) {
      if (isReply(error)) {
        // After a failover by address, the old primary refuses writes, and a new connection goes to
        // the new one.
        if (/READONLY|NOREPLICAS/.test(error.message)) this.#replace(driver, call.ctx);
      } else if (driver !== this.#driver) {
        throw new TimeoutError(this.#timeoutSeconds, answerer());
      } else if (!driver.adapter.isOneConnection) {
        // The client of a Cluster may have given up one of its servers for ever.
        this.#replace(driver, call.ctx);
      }
      throw loggableError(error, secrets);
    }
  }

  /** Closes the client, unless the app has opened it or another store uses it. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // An attempt closes its client by itself when it finds the connection closed.
    if (this.#opening) await withinTime(this.#timeoutSeconds, this.#opening).catch(() => {});
    if (this.#driver) await this.#release(this.#driver);
  }

  /** The client, if it is open; throws at once while calls cannot succeed. */
  #ready(): RedisDriver | undefined {
    if (this.#isClosed) throw closed();
    const driver = this.#driver;
    // If it is closed, the app has closed it, or the client has stopped reconnecting.
    if (!driver?.adapter.isOpen()) return undefined;
    if (this.#hangs(driver)) {
      if (driver.owner === "store") {
        this.#driver = undefined;
        driver.users.delete(this);
        driver.destroy();
        return undefined;
      }
      if (this.#isRecent(driver.silentAtMs))
        throw unavailable(new TimeoutError(this.#timeoutSeconds, driver.adapter.address));
    }
    if (!driver.adapter.isReady()) throw unavailable(driver.lastError);
    return driver;
  }

  /** The client as soon as it is open; throws at once if the last attempt has taken too long. */
  async #opened(call: BackendCall): Promise<RedisDriver> {
    const opening = this.#open(call.ctx, this.#timeoutSeconds);
    if (this.#isRecent(this.#failedAtMs)) {
      opening.catch(() => {});
      throw unavailable(this.#failure);
    }
    call.onTimeout = () => {
      this.#fail(new TimeoutError(this.#timeoutSeconds, this.#awaited));
      return this.#awaited;
    };
    const driver = await opening;
    assertWanted(call);
    if (!driver.adapter.isReady()) throw unavailable(driver.lastError);
    return driver;
  }

  #open(ctx: RequestContext<any>, seconds: number): Promise<RedisDriver> {
    this.#opening ??= this.#attempt(ctx, seconds).finally(
      () => void (this.#opening = this.#refused),
    );
    return this.#opening;
  }

  async #attempt(ctx: RequestContext<any>, seconds: number): Promise<RedisDriver> {
    let driver: RedisDriver | undefined;
    try {
      this.#awaited = "getClient";
      driver = this.#driverOf(await this.#getClient(ctx));
      this.#awaited = driver.adapter.address;
      await withinTime(seconds, driver.open(), () => this.#awaited);
    } catch (error) {
      if (error instanceof TimeoutError) this.#fail(error);
      if (driver?.owner === "store") driver.destroy();
      throw loggableError(error, []);
    }
    const old = this.#driver;
    this.#driver = driver;
    driver.users.add(this);
    this.#failedAtMs = -Infinity;
    if (old && old !== driver) void this.#release(old);
    if (this.#isClosed) {
      await this.#release(driver);
      throw closed();
    }
    return driver;
  }

  #driverOf(client: RedisClient): RedisDriver {
    // Further calls of getClient might open more clients that the store cannot use.
    this.#refused = this.#opening;
    let driver = driverOf(client);
    this.#refused = undefined;
    // getClient returns the client that is to be replaced.
    if (driver === this.#driver && driver.adapter.isOpen() && client.duplicate) {
      driver = driverOf(client.duplicate());
    }
    const isOpen = driver.adapter.isOpen();
    driver.owner ??= isOpen && !this.#ownsAll ? "user" : "store";
    if (isOpen || driver.owner === "store") return driver;
    throw new SessionError("ERR_SESSION_STORE", CLOSED_BY_USER);
  }

  /** Opens a new client in the background. The old one is used until then, and stays if this fails. */
  #replace(driver: RedisDriver, ctx: RequestContext<any>): void {
    if (driver.owner === "user" || this.#isRecent(this.#replacedAtMs, REPLACEMENT_SECONDS)) return;
    this.#replacedAtMs = performance.now();
    this.#open(ctx, REPLACEMENT_SECONDS).catch(() => {});
  }

  async #release(driver: RedisDriver): Promise<void> {
    driver.users.delete(this);
    if (driver.owner === "user" || driver.users.size > 0) return;
    try {
      if (driver.adapter.isReady())
        return void (await withinTime(this.#timeoutSeconds, driver.adapter.close()));
    } catch {
      // The server does not answer: the client is closed without waiting for replies.
    }
    driver.destroy();
  }

  /** Whether a command has timed out, and no server of the client has replied since it was sent. */
  #hangs({ silentAtMs, heardAtMs }: RedisDriver): boolean {
    return silentAtMs > heardAtMs;
  }

  #fail(error: TimeoutError): void {
    this.#failure = error;
    this.#failedAtMs = performance.now();
  }

  /** Whether the time, by performance.now(), is less than so many seconds ago. */
  #isRecent(timeMs: number, seconds: number = this.#timeoutSeconds): boolean {
    return performance.now() - timeMs < seconds * 1000;
  }
}

/** If not, the request has given up, and has reported that nothing was written. */
function assertWanted({ signal }: BackendCall): void {
  if (signal.aborted) throw new Error("The command was not sent.");
}

function closed(): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "The store has been closed. Close it after the server has answered its last request.",
  );
}

/** Servers begin their errors with a code. The errors of clients do not. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && /^[A-Z]+ /.test(error.message);
}
