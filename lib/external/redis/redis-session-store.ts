import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import { assertOption } from "../../option-checks.js";
import type { SessionData } from "../../session.js";
import { ExternalStore } from "../external-store.js";
import type { BackendCall, Insertion, Replacement } from "../backend-hooks.js";
import type { ExternalStoreOptions } from "../options.js";
import { LINK_SCRIPT, LINKED_SCRIPT, UNLINK_SCRIPT } from "./adapter.js";
import { RedisConnection } from "./connection.js";
import type { GetRedisClient } from "./client.js";

/** The options of `RedisSessionStore`. */
export interface RedisSessionStoreOptions<
  Data extends object = SessionData,
> extends ExternalStoreOptions<Data> {
  /**
   * Returns the client. Called on first use, and again only if that client was closed or hung.
   *
   * The store opens a client that is not open yet, listens to its errors, and closes it in `close()`. It
   * uses an open client as it is.
   */
  getClient: GetRedisClient;
  /**
   * For platforms where a connection must not outlive its request, such as Workers: `getClient` is
   * called for each request that uses the store, and its client is closed after the request. Default:
   * `false`.
   */
  perRequest?: boolean | undefined;
}

/**
 * Keeps sessions in Redis 6.2 or newer, or in Valkey: on one node, Cluster or Sentinel. The client is
 * node-redis 6 or newer, or ioredis 5 or newer.
 *
 * To load a session takes one `GET`, to create one takes one `SET`, and to change one takes one script
 * of `GET` and `SET` on one key. With the option `owner`, each owner has a sorted set of the keys of
 * its sessions, which lives as long as the last of them.
 *
 * While a client is down, calls fail at once. The store replaces a client that hangs if the store has
 * opened it. With ioredis, this needs `lazyConnect: true`: other clients open themselves.
 *
 * Replication in Redis is asynchronous: a failover may lose the last acknowledged writes. The guide
 * (docs/redis.md) says how many, and how to lose none in a planned failover.
 *
 * @example
 * ```ts
 * import { createClient } from "redis";
 *
 * const store = new RedisSessionStore({
 *   getClient: () => createClient({ url: process.env.REDIS_URL! }),
 *   owner: (data) => data.userId, // For sessionsOf() and endSessionsOf().
 * });
 * app.use(session({ store }));
 * ```
 */
export class RedisSessionStore<Data extends object = SessionData> extends ExternalStore<Data> {
  /** Called by `session()`: closes the client of a request, with `perRequest`. */
  override readonly release?: (ctx: RequestContext<any>) => Promise<void>;
  readonly #connect: () => RedisConnection;
  /** With `perRequest`, the connections of the running requests. */
  readonly #connections: Map<RequestContext<any> | "all", RedisConnection> = new Map();

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
    this.#connect = () => new RedisConnection(getClient, this.timeout, perRequest);
    if (perRequest) this.release = (ctx) => this.#release(ctx);
    else this.#connections.set("all", this.#connect());
  }

  /**
   * Closes the store for good, and its client, if a store has opened it and no other store uses it.
   * Call it when the server has answered its last request: later calls fail. It never rejects.
   */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connection) => connection.close()));
  }

  protected override read(key: string, call: BackendCall): Promise<string | null> {
    return this.#run("GET", call, [key], (redis) => redis.read(key, call));
  }

  protected override create(
    key: string,
    insertion: Insertion,
    call: BackendCall,
  ): Promise<boolean> {
    const secrets = [key, insertion.text];
    return this.#run("SET", call, secrets, (redis) => redis.create(key, insertion, call));
  }

  protected override update(
    key: string,
    replacement: Replacement,
    call: BackendCall,
  ): Promise<boolean> {
    const secrets = [key, replacement.text, replacement.expected];
    return this.#run("EVAL", call, secrets, (redis) => redis.update(key, replacement, call));
  }

  protected override async remove(key: string, call: BackendCall): Promise<void> {
    await this.#run("DEL", call, [key], (redis) => redis.remove(key, call));
  }

  protected override async link(
    owner: string,
    key: string,
    ttl: number,
    call: BackendCall,
  ): Promise<void> {
    const args = [key, String(ttl)];
    const secrets = [owner, key];
    await this.#run("EVAL", call, secrets, (redis) => redis.run(LINK_SCRIPT, owner, args, call));
  }

  protected override async unlink(owner: string, key: string, call: BackendCall): Promise<void> {
    const secrets = [owner, key];
    await this.#run("EVAL", call, secrets, (redis) => redis.run(UNLINK_SCRIPT, owner, [key], call));
  }

  protected override async linked(owner: string, call: BackendCall): Promise<string[]> {
    const keys: string[] = [];
    for (let after = "0"; after !== "+inf";) {
      call.signal.throwIfAborted();
      const reply = await this.#run("EVAL", call, [owner], (redis) => {
        return redis.run(LINKED_SCRIPT, owner, [after], call);
      });
      const [last, page] = reply as [string, string[]];
      keys.push(...page);
      after = last;
    }
    return keys;
  }

  #run: RedisConnection["run"] = (name, call, secrets, send) => {
    const user = this.release ? call.ctx : "all";
    const connection = this.#connections.get(user) ?? this.#connect();
    this.#connections.set(user, connection);
    return connection.run(name, call, secrets, send);
  };

  async #release(ctx: RequestContext<any>): Promise<void> {
    const connection = this.#connections.get(ctx);
    this.#connections.delete(ctx);
    await connection?.close();
  }
}
