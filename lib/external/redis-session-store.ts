import { assertKnownOptions } from "../option-checks.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { SessionStore } from "../store.js";
import { EXTERNAL_STORE_OPTIONS, type ExternalStoreOptions } from "./external-store-options.js";
import { ExternalStore } from "./external-store.js";
import { RedisConnection } from "./redis-connection.js";
import type { GetRedisClient } from "./redis-drivers.js";
import { RedisConnectionsPerRequest } from "./redis-connections-per-request.js";

/** The options of `RedisSessionStore`. */
export interface RedisSessionStoreOptions extends ExternalStoreOptions {
  /**
   * Called on first use, and again only after the client was closed or given up. A client
   * that is not open yet is opened, watched and, by `close()`, closed by the store; one
   * that is open is used as it is.
   */
  getClient: GetRedisClient;
  /**
   * For platforms that cannot keep a connection from one request to the next: `getClient` is
   * called for each request that needs the store, and what it returns is closed when the request
   * is over. Default: `false`.
   */
  perRequest?: boolean;
}

/**
 * Keeps sessions in Redis 6.2 or newer or in Valkey, through node-redis 5 or newer (one node,
 * Cluster, Sentinel, pool; of 4: one node) or ioredis 5 or newer (one node, Cluster, Sentinel).
 * Loading is one `GET`, saving one script of `GET` and `SET` on the same key.
 *
 * While a client is down calls fail at once, and a client that the store has opened is replaced
 * when it hangs. Of ioredis, that is one with `lazyConnect: true`: others open themselves, and may
 * send what was under way again when they are back.
 *
 * Replication in Redis is asynchronous: a failover may lose the last writes, although they were
 * acknowledged. `min-replicas-to-write` with `min-replicas-max-lag` bounds by how many seconds.
 *
 * @example
 * ```ts
 * const store = new RedisSessionStore({ getClient: () => redis.createClient() });
 * ```
 */
export class RedisSessionStore extends ExternalStore {
  /** Called by `session()`; do not override. Closes the client of a request, with `perRequest`. */
  readonly release?: SessionStore["release"];
  readonly #redis: RedisConnection | RedisConnectionsPerRequest;

  constructor(options: RedisSessionStoreOptions) {
    super(options);
    assertKnownOptions("RedisSessionStore", options, [
      "getClient",
      "perRequest",
      ...EXTERNAL_STORE_OPTIONS,
    ]);
    const { getClient, perRequest = false } = options;
    if (typeof getClient !== "function") {
      throw new TypeError(
        "The option getClient must be a function that returns a Redis client: () => redis.createClient().",
      );
    }
    if (typeof perRequest !== "boolean") {
      throw new TypeError("The option perRequest must be true or false.");
    }
    if (perRequest) {
      const connections = new RedisConnectionsPerRequest(getClient, this.timeout);
      this.#redis = connections;
      this.release = ({ ctx }) => connections.release(ctx);
    } else {
      this.#redis = new RedisConnection(getClient, this.timeout);
    }
  }

  /** Closes the client, if the store opened it. The next request opens one again. */
  close(): Promise<void> {
    return this.#redis.close();
  }

  protected read(key: string, ctx: RequestContext<any>): Promise<string | null> {
    return this.#redis.run(ctx, [key], (redis, signal) => redis.get(key, signal));
  }

  protected create(
    key: string,
    text: string,
    ttl: number,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    return this.#redis.run(ctx, [key, text], (redis, signal) =>
      redis.insert(key, text, ttl, signal),
    );
  }

  protected update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    return this.#redis.run(ctx, [key, text, expected], (redis, signal) =>
      redis.replace(key, text, ttl, expected, signal),
    );
  }

  protected async remove(key: string, ctx: RequestContext<any>): Promise<void> {
    await this.#redis.run(ctx, [key], (redis, signal) => redis.remove(key, signal));
  }
}
