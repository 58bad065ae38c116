import type { RequestContext } from "../../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../../platform/awaitable.js";
import type { Insertion, Replacement } from "../guarded-backend.js";

/**
 * A client of node-redis 5 and newer (one node, Cluster, Sentinel or pool; of 4: one node) or of
 * ioredis 5 and newer (one node, Cluster or Sentinel). The interface has the members that tell the
 * two apart: their own types differ too much for one precise interface.
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
 * Returns a Redis client, or a promise of one.
 *
 * @example
 * ```ts
 * const getClient: GetRedisClient = (ctx) => createClient({ url: ctx.env("REDIS_URL")! });
 * ```
 */
export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

export type RedisCommand<T> = (driver: RedisDriver, signal: AbortSignal) => Promise<T>;

/**
 * A client, its events, and the four hooks of the store. When the signal of a command is aborted, the
 * request has given up, and the command must not be sent if that can be prevented.
 */
export abstract class RedisDriver {
  abstract readonly client: RedisClient;
  /** Whether it is a single connection: if that fails, all commands fail. */
  readonly isOneConnection: boolean;
  /** Whether there are several servers, of which some may be down. */
  readonly isCluster: boolean;
  /** The last error since the client was ready. */
  lastError: unknown;
  /** When the client became ready, by performance.now(). */
  readyAtMs = 0;
  readonly #waiting: Set<() => void> = new Set();

  constructor(client: RedisClient, isOneConnection: boolean, isCluster: boolean) {
    this.isOneConnection = isOneConnection;
    this.isCluster = isCluster;
    // For as long as the client lives: an error event without a listener ends the process.
    client.on("error", (error: unknown) => {
      this.lastError = error;
      // Where there are several connections, another one may still work.
      if (isOneConnection) this.#wake();
    });
    client.on("ready", () => {
      this.lastError = undefined;
      this.readyAtMs = performance.now();
      this.#wake();
    });
  }

  /** Whether the client has been opened, and neither the app nor the client itself closed it. */
  abstract get isOpen(): boolean;
  /** `false` while the client is known to be down. Some clients do not report this. */
  abstract get isReady(): boolean;
  /** Closes the client after the replies to all commands that were sent. */
  abstract close(): Promise<unknown>;

  abstract read(key: string, signal: AbortSignal): Promise<string | null>;
  abstract create(key: string, insertion: Insertion, signal: AbortSignal): Promise<boolean>;
  abstract update(key: string, replacement: Replacement, signal: AbortSignal): Promise<boolean>;
  abstract remove(key: string, signal: AbortSignal): Promise<unknown>;

  /** Closes the client at once. */
  protected abstract disconnect(): unknown;

  /** Closes the client at once. Never throws or rejects. */
  destroy(): void {
    try {
      // Sentinel clients return a promise.
      Promise.resolve(this.disconnect()).catch(() => {});
    } catch {
      // node-redis throws if the client is closed already.
    }
  }

  /** Resolves when the client is ready or known to be down. It may go on connecting after that. */
  untilReadyOrDown(mustOpen: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      if (mustOpen) this.client.connect().then(() => resolve(), reject);
    });
  }

  #wake(): void {
    this.#waiting.forEach((resolve) => resolve());
    this.#waiting.clear();
  }
}

/** Compare-and-swap in one step. `SET` has no such condition before Redis 8.4. */
export const UPDATE_SCRIPT = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
  return 1
end
return 0`;

/** The SHA-1 by which a server knows the script. */
export const UPDATE_SHA = "9570c7d09752be4b540d972d279140c1018f5c9f";

/**
 * Whether the server does not know the script, because it has restarted or is a promoted replica.
 * The server has then run nothing.
 */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

/**
 * The result of a write that the server refused. If the client sent it twice, because the connection
 * was lost before the reply, the first one may have succeeded, and the second was refused for that
 * reason: then the result is unknown, which is an error.
 */
export function notWritten(isSentTwice: boolean): false {
  if (!isSentTwice) return false;
  throw new Error(
    "The connection was lost before the reply: whether Redis has written is not known.",
  );
}
