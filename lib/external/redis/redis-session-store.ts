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
 * Keeps sessions in Redis 6.2 or newer or in Valkey, through node-redis 6 or newer or ioredis 5 or
 * newer: one node, Cluster or Sentinel. Loading is one `GET`, creating one `SET`, changing one script
 * of `GET` and `SET` on one key. With the option `owner`, each owner has a sorted set of the keys of
 * its sessions, which lives as long as the last of them.
 *
 * While a client is down, calls fail at once. A client that the store has opened is replaced when it
 * hangs. With ioredis, this needs `lazyConnect: true`: other clients open themselves.
 *
 * Replication in Redis is asynchronous: a failover may lose the last acknowledged writes. How many,
 * and how to lose none in a planned failover, stands in docs/redis.md.
 *
 * @example
 * ```ts
 * const store = new RedisSessionStore({ getClient: () => redis.createClient() });
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
   * Closes the store for good, and the client if a store has opened it and no other store uses it.
   * Call it when the server has answered its last request: later calls fail. Never rejects.
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
