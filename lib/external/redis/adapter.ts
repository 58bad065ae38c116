import type { BackendCall, Insertion, Replacement } from "../backend-hooks.js";

/** What differs between the libraries: the state of a client, and the four hooks of the store. */
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
}

/** Compare-and-swap in one step. `SET` has no such condition before Redis 8.4. */
export const UPDATE_SCRIPT = `if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
return 1`;

/**
 * The result of a write that the server refused. If the client sent it twice, because the connection
 * was lost before the reply, the first one may have succeeded, which is why the second was refused:
 * the result is unknown.
 */
export function notWritten(isSentTwice: boolean): false {
  if (!isSentTwice) return false;
  throw new Error("The connection was lost before the reply: Redis may have written, or not.");
}
