import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../../platform/awaitable.js";

/**
 * A client of node-redis 6 and newer or of ioredis 5 and newer: of one node, Cluster or Sentinel. The interface has the members that tell the two apart: their own
 * types differ too much for one precise interface.
 */
export interface RedisClient {
  get(...args: any[]): any;
  set(...args: any[]): any;
  del(...args: any[]): any;
  eval(...args: any[]): any;
  on(event: string, listener: (...args: any[]) => void): unknown;
  connect(): Promise<unknown>;
  /** Returns a client with the same options, which is not open yet. */
  duplicate?(): any;
  /** node-redis */
  readonly isOpen?: boolean;
  readonly isReady?: boolean;
  /** ioredis */
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
