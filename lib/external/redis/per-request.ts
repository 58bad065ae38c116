import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { RedisConnection } from "./connection.js";
import type { RedisCommand } from "./driver.js";

/** A connection for each request that needs one, closed when the request is over. */
export class RedisConnectionsPerRequest {
  readonly #connect: () => RedisConnection;
  readonly #open: Map<RequestContext<any>, RedisConnection> = new Map();

  constructor(connect: () => RedisConnection) {
    this.#connect = connect;
  }

  run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    const connection = this.#open.get(ctx) ?? this.#connect();
    this.#open.set(ctx, connection);
    return connection.run(ctx, secrets, command);
  }

  async release(ctx: RequestContext<any>): Promise<void> {
    const connection = this.#open.get(ctx);
    this.#open.delete(ctx);
    await connection?.close();
  }

  /** Closes the connections of all running requests. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((ctx) => this.release(ctx)));
  }
}
