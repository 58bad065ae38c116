import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { assertOption } from "../../option-checks.js";
import type { SessionData } from "../../session.js";
import { ExternalStore, type ExternalStoreOptions } from "../external-store.js";
import type { BackendCall, Insertion, Replacement } from "../guarded-backend.js";
import { RedisConnection } from "./connection.js";
import type { GetRedisClient } from "./client.js";
import { RedisConnectionsPerRequest } from "./per-request.js";

/** The options of `RedisSessionStore`. */
export interface RedisSessionStoreOptions<
  Data extends object = SessionData,
> extends ExternalStoreOptions<Data> {
  /**
   * Called on first use, and again only after the client was closed or given up. A client that is not
   * open yet is opened by the store, which also listens to its errors and closes it in `close()`. A
   * client that is open is used as it is.
   */
  getClient: GetRedisClient;
  /**
   * For platforms where a connection must not outlive its request: `getClient` is called for each
   * request that uses the store, and its client is closed when the request is over. Default: `false`.
   */
  perRequest?: boolean | undefined;
}

/**
 * Keeps sessions in Redis 6.2 or newer or in Valkey, through node-redis 5 or newer (one node,
 * Cluster, Sentinel, pool; of 4: one node) or ioredis 5 or newer (one node, Cluster, Sentinel).
 * Loading is one `GET`, creating one `SET`, changing one script of `GET` and `SET` on one key.
 *
 * While a client is down, calls fail at once. A client that the store has opened is replaced when it
 * hangs. With ioredis, this needs `lazyConnect: true`: other clients open themselves, and may send
 * commands again after a reconnection.
 *
 * Replication in Redis is asynchronous: a failover may lose the last acknowledged writes.
 * `min-replicas-to-write` with `min-replicas-max-lag` limits this to the writes of some seconds.
 *
 * @example
 * ```ts
 * const store = new RedisSessionStore({ getClient: () => redis.createClient() });
 * ```
 */
export class RedisSessionStore<Data extends object = SessionData> extends ExternalStore<Data> {
  /** Called by `session()`: closes the client of a request, with `perRequest`. */
  override readonly release?: (ctx: RequestContext<any>) => Promise<void>;
  readonly #redis: RedisConnection | RedisConnectionsPerRequest;

  constructor(options: RedisSessionStoreOptions<Data>) {
    const {
      getClient,
      perRequest = false,
      ...others
    } = Object(options) as RedisSessionStoreOptions<Data>;
    const example = "a function that returns a Redis client: () => redis.createClient()";
    assertOption("getClient", typeof getClient === "function", example);
    assertOption("perRequest", typeof perRequest === "boolean", "true or false");
    super(others);
    if (perRequest) {
      const connect = () => new RedisConnection(getClient, this.timeout, true);
      const connections = new RedisConnectionsPerRequest(connect);
      this.#redis = connections;
      this.release = (ctx) => connections.release(ctx);
    } else {
      this.#redis = new RedisConnection(getClient, this.timeout);
    }
  }

  /**
   * Closes the store for good, and the client if a store has opened it and no other store uses it.
   * Call it when the server has answered its last request: later calls fail. Never rejects.
   */
  close(): Promise<void> {
    return this.#redis.close();
  }

  protected override read(key: string, call: BackendCall): Promise<string | null> {
    return this.#redis.run("GET", call, [key], (driver) => driver.read(key, call));
  }

  protected override create(
    key: string,
    insertion: Insertion,
    call: BackendCall,
  ): Promise<boolean> {
    const secrets = [key, insertion.text];
    return this.#redis.run("SET", call, secrets, (driver) => driver.create(key, insertion, call));
  }

  protected override update(
    key: string,
    replacement: Replacement,
    call: BackendCall,
  ): Promise<boolean> {
    const secrets = [key, replacement.text, replacement.expected];
    return this.#redis.run("EVAL", call, secrets, (driver) =>
      driver.update(key, replacement, call),
    );
  }

  protected override async remove(key: string, call: BackendCall): Promise<void> {
    await this.#redis.run("DEL", call, [key], (driver) => driver.remove(key, call));
  }
}
