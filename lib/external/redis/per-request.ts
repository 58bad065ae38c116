import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { RedisCommand } from "./client.js";
import type { GetRedisClient } from "./clients.js";
import { RedisConnection } from "./connection.js";

/** A connection for each request that needs one, closed when the request is over. */
export class RedisConnectionsPerRequest {
  readonly #getClient: GetRedisClient;
  readonly #timeoutSeconds: number;
  readonly #open: Map<RequestContext<any>, RedisConnection> = new Map();

  constructor(getClient: GetRedisClient, timeoutSeconds: number) {
    this.#getClient = getClient;
    this.#timeoutSeconds = timeoutSeconds;
  }

  run<T>(
    ctx: RequestContext<any>,
    secrets: readonly string[],
    command: RedisCommand<T>,
  ): Promise<T> {
    let connection = this.#open.get(ctx);
    if (!connection) {
      connection = new RedisConnection(this.#getClient, this.#timeoutSeconds, true);
      this.#open.set(ctx, connection);
    }
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
