import type { BackendCall, Insertion, Replacement } from "../backend-hooks.js";

/** What differs between the libraries: the state of a client, and the hooks of the store. */
export interface RedisAdapter {
  /** For errors: the server, or the kind of deployment. */
  readonly address: string;
  /** Whether the client is a single connection: if that fails, all commands fail. */
  readonly isOneConnection: boolean;
  /** Whether the client has been opened, and neither the app nor the client itself closed it. */
  isOpen(): boolean;
  /** `false` while the client is known to be down. */
  isReady(): boolean;
  /** Closes the client after the replies to all commands that were sent. */
  close(): Promise<unknown>;
  /** Closes the client at once. */
  destroy(): unknown;

  read(key: string, call: BackendCall): Promise<string | null>;
  create(key: string, insertion: Insertion, call: BackendCall): Promise<boolean>;
  update(key: string, replacement: Replacement, call: BackendCall): Promise<boolean>;
  remove(key: string, call: BackendCall): Promise<unknown>;
  /** Runs a script on one key, on a master. It may be sent twice. */
  run(script: string, key: string, args: string[], call: BackendCall): Promise<unknown>;
}

/** Compare-and-swap in one step. `SET` has no such condition before Redis 8.4. */
export const UPDATE_SCRIPT = `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
return 1`;

/**
 * The keys of an owner's sessions are a sorted set. Each score says when the entry ends: milliseconds
 * by the clock of the server. At most 500 are removed at once, because Redis does nothing else
 * meanwhile. A replica refuses to remove even none: it may lack the newest entries, so that no list may
 * come from there.
 */
const REMOVE_EXPIRED = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expired = redis.call("ZCOUNT", KEYS[1], "-inf", "(" .. now)
redis.call("ZPOPMIN", KEYS[1], math.min(expired, 500))`;

/** The set lives as long as its last entry. */
export const LINK_SCRIPT: string = `${REMOVE_EXPIRED}
redis.call("ZADD", KEYS[1], "GT", now + ARGV[2] * 1000, ARGV[1])
local last = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")[2]
redis.call("PEXPIREAT", KEYS[1], last + 1)`;

export const UNLINK_SCRIPT: string = `redis.call("ZREM", KEYS[1], ARGV[1])`;

/**
 * The next 1000 entries, with all that end in the same millisecond as the last of them, and the score
 * after which to go on. By ranks, a page would lack an entry if an earlier one is removed meanwhile.
 */
export const LINKED_SCRIPT: string = `${REMOVE_EXPIRED}
local after = "(" .. math.max(now - 1, ARGV[1])
local nth = redis.call("ZRANGE", KEYS[1], after, "+inf", "BYSCORE", "LIMIT", 999, 1, "WITHSCORES")
local last = nth[2] or "+inf"
return {last, redis.call("ZRANGE", KEYS[1], after, last, "BYSCORE")}`;

/**
 * The result of a write that the server refused. If the client sent it twice, because the connection
 * was lost before the reply, the first one may have succeeded, which is why the second was refused:
 * the result is unknown.
 */
export function notWritten(isSentTwice: boolean): false {
  if (!isSentTwice) return false;
  throw new Error("The connection was lost before the reply: Redis may have written, or not.");
}
