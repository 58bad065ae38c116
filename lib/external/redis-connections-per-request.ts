import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { RedisCommand } from "./redis-client.js";
import { RedisConnection } from "./redis-connection.js";
import type { GetRedisClient } from "./redis-drivers.js";

/** A connection for each request that needs one, closed when the request is over. */
export class RedisConnectionsPerRequest {
  readonly #getClient: GetRedisClient;
  readonly #timeout: number;
  readonly #open: Map<RequestContext<any>, RedisConnection> = new Map();

  constructor(getClient: GetRedisClient, timeout: number) {
    this.#getClient = getClient;
    this.#timeout = timeout;
  }

  run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    let connection = this.#open.get(ctx);
    if (!connection) {
      connection = new RedisConnection(this.#getClient, this.#timeout, true);
      this.#open.set(ctx, connection);
    }
    return connection.run(ctx, secrets, command);
  }

  async release(ctx: RequestContext<any>): Promise<void> {
    const connection = this.#open.get(ctx);
    this.#open.delete(ctx);
    await connection?.close();
  }

  /** Of all requests that are under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((ctx) => this.release(ctx)));
  }
}
