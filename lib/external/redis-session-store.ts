import { assertKnownOptions } from "../known-options.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, type Awaitable } from "../platform/awaitable.js";
import { EXTERNAL_STORE_OPTIONS, type ExternalStoreOptions } from "./external-store-options.js";
import { ExternalStore } from "./external-store.js";
import { RedisConnection, type GetRedisClient } from "./redis-connection.js";

export interface RedisSessionStoreOptions extends ExternalStoreOptions {
  /**
   * Called once. A client that is not open yet is opened, watched and, by `close()`, closed by the store; one that is open is used as
   * it is.
   */
  getClient: GetRedisClient;
}

/**
 * Keeps sessions in Redis 6.2 or newer or in Valkey, through node-redis 4 or newer (one node, Cluster, Sentinel, pool) or ioredis 5
 * or newer (one node, Cluster). Loading is one `GET`, saving one script of `GET` and `SET` on the same key.
 *
 * @example
 * ```ts
 * const store = new RedisSessionStore({ getClient: () => redis.createClient() });
 * ```
 */
export class RedisSessionStore extends ExternalStore {
  readonly #connection: RedisConnection;

  constructor(options: RedisSessionStoreOptions) {
    super(options);
    assertKnownOptions("RedisSessionStore", options, ["getClient", ...EXTERNAL_STORE_OPTIONS]);
    if (typeof options.getClient !== "function") {
      throw new TypeError(
        "The option getClient must be a function that returns a Redis client: () => redis.createClient().",
      );
    }
    this.#connection = new RedisConnection(options.getClient);
  }

  /** Closes the client, if the store opened it. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  protected read(key: string, ctx: RequestContext<any>): Awaitable<string | null> {
    return andThen(this.#connection.use(ctx), (redis) => redis.get(key));
  }

  protected create(
    key: string,
    text: string,
    ttl: number,
    ctx: RequestContext<any>,
  ): Awaitable<boolean> {
    return andThen(this.#connection.use(ctx), (redis) => redis.insert(key, text, ttl));
  }

  protected update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Awaitable<boolean> {
    return andThen(this.#connection.use(ctx), (redis) => redis.replace(key, text, ttl, expected));
  }

  protected async remove(key: string, ctx: RequestContext<any>): Promise<void> {
    await (await this.#connection.use(ctx)).remove(key);
  }
}
