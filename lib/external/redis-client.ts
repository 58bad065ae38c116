/**
 * A client of node-redis 5 and newer (one node, Cluster, Sentinel or pool; of 4: one node) or of
 * ioredis 5 and newer (one node, Cluster or Sentinel): as much as tells them apart. Their own types
 * are too different for one precise interface.
 */
export interface RedisClient {
  get(...args: any[]): any;
  set(...args: any[]): any;
  del(...args: any[]): any;
  eval(...args: any[]): any;
  on(event: string, listener: (...args: any[]) => void): unknown;
  connect(): Promise<unknown>;
  /** node-redis */
  readonly isOpen?: boolean;
  readonly isReady?: boolean;
  /** ioredis */
  readonly status?: string;
}

/**
 * A client, and the four commands of the store, whichever library it is of. Once a command's signal
 * has been aborted, nobody waits for it any longer, and it must not be sent if it can be helped.
 */
export interface RedisDriver {
  readonly client: RedisClient;
  /** Whether somebody has opened it and nobody, itself included, has given it up. */
  readonly isOpen: boolean;
  /** `false` while it is known to be down. Not every client tells. */
  readonly isReady: boolean;
  /** Whether it is one connection: when that fails, all fails. */
  readonly isOneConnection: boolean;
  /** Whether there are several servers, of which one may be down. */
  readonly isCluster: boolean;
  /** Whether it notices by itself when another server has taken the place of one that died. */
  readonly seesPromotions: boolean;
  /** Ends when all that was sent has been answered. */
  close(): Promise<unknown>;
  /** Ends at once. */
  destroy(): unknown;

  get(key: string, signal: AbortSignal): Promise<string | null>;
  insert(key: string, text: string, ttl: number, signal: AbortSignal): Promise<boolean>;
  replace(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    signal: AbortSignal,
  ): Promise<boolean>;
  remove(key: string, signal: AbortSignal): Promise<unknown>;
}

export type RedisCommand<T> = (redis: RedisDriver, signal: AbortSignal) => Promise<T>;

/** Compare-and-replace in one step. `SET` has no such condition before Redis 8.4. */
export const REPLACE_SCRIPT = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
  return 1
end
return 0`;

/** Its SHA-1, by which servers know a script. */
export const REPLACE_SHA = "9570c7d09752be4b540d972d279140c1018f5c9f";

/**
 * Whether a server that has restarted, or a replica that was promoted, knows no such
 * script. It has run nothing then.
 */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/**
 * What a write has done when its client sent it twice, because the connection was lost before the
 * reply: the second time it may have been refused just because the first time it was carried out.
 */
export function assertCertain(isDone: boolean, isSentTwice: boolean): boolean {
  if (isDone || !isSentTwice) return isDone;
  throw new Error(
    "The connection was lost before the reply: whether Redis has written is not known.",
  );
}
