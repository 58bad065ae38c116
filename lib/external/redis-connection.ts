import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { commandsOf, type RedisClient, type RedisCommands } from "./redis-client.js";

export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

/**
 * The one client of a store: asked for once, opened if it is not open, and never given a command that it could not send at once,
 * since clients keep such commands and send them when nobody waits any longer.
 */
export class RedisConnection {
  readonly #getClient: GetRedisClient;
  #client: RedisClient | undefined;
  #commands: RedisCommands | undefined;
  #starting: Promise<RedisCommands> | undefined;
  /** Whether the client was opened here, and is to be closed here. */
  #isOwn = false;
  #lastError: unknown;

  constructor(getClient: GetRedisClient) {
    this.#getClient = getClient;
  }

  /** The commands of a client that is connected; throws at once while it is known not to be. */
  use(ctx: RequestContext<any>): Awaitable<RedisCommands> {
    if (this.#client && this.#commands) {
      if (isReady(this.#client)) return this.#commands;
      throw notConnected(this.#lastError);
    }
    this.#starting ??= this.#start(ctx).finally(() => (this.#starting = undefined));
    return this.#starting;
  }

  /** Closes the client if it was opened here. The next request opens one again. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => {});
    const client: Closeable | undefined = this.#client;
    const isOwn = this.#isOwn;
    this.#forget();
    if (client && isOwn) await (client.close ?? client.quit)?.call(client);
  }

  async #start(ctx: RequestContext<any>): Promise<RedisCommands> {
    const client = await this.#getClient(ctx);
    const commands = commandsOf(client);
    const isOwn = !isOpen(client);
    this.#client = client;
    this.#isOwn = isOwn;
    try {
      await (isOwn ? this.#open(client) : untilReady(client));
    } catch (error) {
      this.#discard(client);
      throw error;
    }
    this.#commands = commands;
    if (!isReady(client)) throw notConnected(this.#lastError);
    return commands;
  }

  /** Until it is connected or has said that it cannot be, whichever is first; it may go on trying after that. */
  #open(client: RedisClient): Promise<void> {
    return new Promise((resolve, reject) => {
      // Without a listener, an error of node-redis ends the process.
      client.on("error", (error: unknown) => {
        this.#lastError = error;
        resolve();
      });
      client.connect().then(() => resolve(), reject);
    });
  }

  /** It has given up. The next request asks for another one. */
  #discard(client: RedisClient): void {
    const { destroy, disconnect }: Closeable = client;
    this.#forget();
    try {
      // ioredis would go on trying for ever.
      (destroy ?? disconnect)?.call(client);
    } catch {
      // node-redis throws when there is nothing left to destroy.
    }
  }

  #forget(): void {
    this.#client = undefined;
    this.#commands = undefined;
    this.#isOwn = false;
  }
}

interface Closeable extends RedisClient {
  close?(): Promise<unknown>;
  quit?(): Promise<unknown>;
  destroy?(): unknown;
  disconnect?(): unknown;
}

/** Whether somebody has opened it: ioredis says so by its status. */
function isOpen(client: RedisClient): boolean {
  const { status } = client;
  return status === undefined ? client.isOpen === true : status !== "wait" && status !== "end";
}

/** Pools do not tell, but answer or fail within their own time-out. */
function isReady(client: RedisClient): boolean {
  const { status } = client;
  return status === undefined ? client.isReady !== false : status === "ready";
}

/** For a client that its user may have opened just now: until it is ready, or it is known to be down. */
function untilReady(client: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    if (isReady(client)) return resolve();
    client.on("ready", () => resolve());
    client.on("reconnecting", () => resolve());
  });
}

function notConnected(cause: unknown): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "The Redis client is not connected. It goes on trying by itself; answer 503 and let the client try again.",
    { cause },
  );
}
