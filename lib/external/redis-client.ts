import { SessionError } from "../errors.js";

/**
 * A client of node-redis 4 and newer (one node, Cluster, Sentinel or pool) or of ioredis (one node or Cluster): as much as tells them
 * apart. Their own types are too different for one precise interface.
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

/** The four commands of the store, whatever the client calls them. */
export interface RedisCommands {
  get(key: string): Promise<string | null>;
  insert(key: string, text: string, ttl: number): Promise<boolean>;
  replace(key: string, text: string, ttl: number, expected: string): Promise<boolean>;
  remove(key: string): Promise<unknown>;
}

/** Compare-and-replace in one step. `SET` has no such condition before Redis 8.4. */
export const REPLACE_SCRIPT = `if redis.call("GET", KEYS[1]) == ARGV[1] then
  redis.call("SET", KEYS[1], ARGV[2], "EX", ARGV[3])
  return 1
end
return 0`;

/** Its SHA-1, by which servers know a script. */
export const REPLACE_SHA = "9570c7d09752be4b540d972d279140c1018f5c9f";

interface NodeRedis extends RedisClient {
  evalSha(sha: string, options: ScriptOptions): Promise<number>;
  readonly options?: { legacyMode?: boolean };
}

interface ScriptOptions {
  keys: string[];
  arguments: string[];
}

interface Ioredis extends RedisClient {
  evalsha(sha: string, keys: number, ...args: string[]): Promise<number>;
}

/** Throws for the callback clients of node-redis 3, which would never answer. */
export function commandsOf(client: RedisClient): RedisCommands {
  if (isNodeRedis(client)) return nodeRedisCommands(client);
  if (isIoredis(client)) return ioredisCommands(client);
  throw new SessionError(
    "ERR_SESSION_STORE",
    "getClient returned no client that RedisSessionStore can use: pass one of node-redis 4 or newer (not in legacyMode) or of ioredis 5 or newer.",
  );
}

function isNodeRedis(client: Partial<NodeRedis> | undefined): client is NodeRedis {
  return typeof client?.evalSha === "function" && client.options?.legacyMode !== true;
}

function isIoredis(client: Partial<Ioredis> | undefined): client is Ioredis {
  return typeof client?.evalsha === "function" && typeof client.status === "string";
}

function nodeRedisCommands(client: NodeRedis): RedisCommands {
  return {
    get: (key) => client.get(key),
    insert: async (key, text, ttl) => (await client.set(key, text, { EX: ttl, NX: true })) !== null,
    async replace(key, text, ttl, expected) {
      const options = { keys: [key], arguments: [expected, text, String(ttl)] };
      return (
        (await client
          .evalSha(REPLACE_SHA, options)
          .catch((error: unknown) =>
            unlessUnknownScript(error, () => client.eval(REPLACE_SCRIPT, options)),
          )) === 1
      );
    },
    remove: (key) => client.del(key),
  };
}

function ioredisCommands(client: Ioredis): RedisCommands {
  return {
    get: (key) => client.get(key).catch(withoutCommand),
    insert: async (key, text, ttl) =>
      (await client.set(key, text, "EX", ttl, "NX").catch(withoutCommand)) !== null,
    async replace(key, text, ttl, expected) {
      const args = [key, expected, text, String(ttl)];
      return (
        (await client
          .evalsha(REPLACE_SHA, 1, ...args)
          .catch((error: unknown) =>
            unlessUnknownScript(error, () => client.eval(REPLACE_SCRIPT, 1, ...args)),
          )
          .catch(withoutCommand)) === 1
      );
    },
    remove: (key) => client.del(key).catch(withoutCommand),
  };
}

/** A server that has restarted, or a replica that was promoted, knows no scripts: send it. */
function unlessUnknownScript(error: unknown, send: () => Promise<number>): Promise<number> {
  if (error instanceof Error && error.message.startsWith("NOSCRIPT")) return send();
  throw error;
}

/** The errors of ioredis carry the command, and with it the session's data, into every log. */
function withoutCommand(error: { command?: unknown }): never {
  delete error.command;
  throw error;
}
