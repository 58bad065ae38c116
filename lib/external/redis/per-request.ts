import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { BackendCall } from "../guarded-backend.js";
import type { RedisConnection } from "./connection.js";
import type { RedisDriver } from "./driver.js";

/** A connection for each request that needs one, closed when the request is over. */
export class RedisConnectionsPerRequest {
  readonly #connect: () => RedisConnection;
  readonly #open: Map<RequestContext<any>, RedisConnection> = new Map();

  constructor(connect: () => RedisConnection) {
    this.#connect = connect;
  }

  run<T>(
    name: string,
    call: BackendCall,
    secrets: readonly string[],
    send: (driver: RedisDriver) => Promise<T>,
  ): Promise<T> {
    const connection = this.#open.get(call.ctx) ?? this.#connect();
    this.#open.set(call.ctx, connection);
    return connection.run(name, call, secrets, send);
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
