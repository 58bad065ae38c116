import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../../platform/awaitable.js";

/**
 * A client of node-redis 6 or newer, or of ioredis 5 or newer: of one node, Cluster or Sentinel.
 *
 * The interface has the members by which the store tells the two libraries apart. Their own types
 * differ too much for one precise interface.
 */
export interface RedisClient {
  /** Sends `GET`. */
  get(...args: any[]): any;
  /** Sends `SET`. */
  set(...args: any[]): any;
  /** Sends `DEL`. */
  del(...args: any[]): any;
  /** Sends `EVAL`. */
  eval(...args: any[]): any;
  /** Registers a listener. The store listens to the errors of a client that it opens. */
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Opens the client. */
  connect(): Promise<unknown>;
  /** Returns a client with the same options, which is not open yet. */
  duplicate?(): any;
  /** node-redis only: whether the client has been opened. */
  readonly isOpen?: boolean;
  /** node-redis only: whether the client is connected. */
  readonly isReady?: boolean;
  /** ioredis only: the state of the connection. */
  readonly status?: string;
}

/**
 * Returns a Redis client, or a promise of one.
 *
 * @example
 * ```ts
 * const getClient: GetRedisClient = (ctx) => createClient({ url: ctx.env("REDIS_URL")! });
 * ```
 */
export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;
