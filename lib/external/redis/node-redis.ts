import type { BackendCall, Insertion, Replacement } from "../guarded-backend.js";
import type { RedisClient } from "./client.js";
import { notWritten, RedisDriver, UPDATE_SCRIPT } from "./driver.js";

/** The part of node-redis' clients that is used. */
export interface NodeRedis extends RedisClient {
  readonly isOpen: boolean;
  readonly options?: {
    readonly socket?: { readonly host?: string; readonly port?: number; readonly path?: string };
  };
  readonly clientSideCache?: unknown;
  /** The option `keyPrefix`, which `sendCommand` does not apply. */
  readonly _keyPrefix?: string;
  withCommandOptions(options: CommandOptions): NodeRedis;
  /** Of a Cluster: the key, whether a replica may answer, the command. Of Sentinel: without the key. */
  sendCommand(...args: unknown[]): Promise<string | null>;
  close(): Promise<unknown>;
  destroy(): unknown;
}

interface CommandOptions {
  abortSignal?: AbortSignal;
  timeout: undefined;
  typeMapping: undefined;
}

/**
 * These override the client's own options: its timeout would be a second timer for each call, and
 * its type mapping may return Buffers for strings and strings for numbers.
 */
const OPTIONS: CommandOptions = { timeout: undefined, typeMapping: undefined };

export function isNodeRedis(client: Partial<NodeRedis>): client is NodeRedis {
  return typeof client.isOpen === "boolean" && typeof client.connect === "function";
}

/** What must be changed before the client can be used; `undefined` if nothing. */
export function objectionToNodeRedis(client: NodeRedis): string | undefined {
  // The command of Redis 8.8 came with version 6.
  if (!("increx" in client))
    return "use redis 6 or newer. Older versions can mix up replies while they reconnect";
  if (client.clientSideCache)
    return "remove its option clientSideCache, which reads outdated records";
  return undefined;
}

/** For node-redis: `createClient`, `createCluster`, `createSentinel`, `createClientPool`. */
export class NodeRedisDriver extends RedisDriver {
  readonly client: NodeRedis;
  /** Reads without a signal. A single connection sends at once, and a late read does no harm. */
  readonly #reader: NodeRedis | undefined;

  constructor(client: NodeRedis) {
    // Only a single connection can select a database.
    super(client, "select" in client);
    this.client = client;
    if (this.isOneConnection) this.#reader = client.withCommandOptions(OPTIONS);
  }

  get isOpen(): boolean {
    return this.client.isOpen;
  }

  get isReady(): boolean {
    // Pools do not report it.
    return this.client.isReady ?? true;
  }

  protected get server(): string | undefined {
    const { host = "localhost", port = 6379, path } = this.client.options?.socket ?? {};
    return this.isOneConnection ? (path ?? `${host}:${port}`) : undefined;
  }

  close(): Promise<unknown> {
    return this.client.close();
  }

  protected disconnect(): unknown {
    return this.client.destroy();
  }

  read(key: string, call: BackendCall): Promise<string | null> {
    // Listening to a signal costs more than the rest of the call.
    if (this.#reader) return this.#reader.get(key);
    const redis = this.#droppable(call);
    // A client with useReplicas or replicaPoolSize reads from replicas, where a session that has
    // ended may still be.
    const { _keyPrefix: keyPrefix = "" } = redis;
    const command = ["GET", keyPrefix + key];
    if (isCluster(redis)) return redis.sendCommand(command[1], false, command);
    return isSentinel(redis) ? redis.sendCommand(false, command) : redis.get(key);
  }

  create(key: string, { text, ttl }: Insertion, call: BackendCall): Promise<boolean> {
    return this.#write(call, async (redis) => {
      return (await redis.set(key, text, { EX: ttl, NX: true })) !== null;
    });
  }

  update(key: string, { text, ttl, expected }: Replacement, call: BackendCall): Promise<boolean> {
    const options = { keys: [key], arguments: [expected, text, String(ttl)] };
    return this.#write(call, async (redis) => (await redis.eval(UPDATE_SCRIPT, options)) === 1);
  }

  remove(key: string, call: BackendCall): Promise<unknown> {
    return this.#droppable(call).del(key);
  }

  /** The client for one command, which all queues of the client drop when the request gives up. */
  #droppable({ signal }: BackendCall): NodeRedis {
    return this.client.withCommandOptions({ ...OPTIONS, abortSignal: signal });
  }

  async #write(call: BackendCall, write: (redis: NodeRedis) => Promise<boolean>): Promise<boolean> {
    const redis = this.#droppable(call);
    let sent = 0;
    if (isSentinel(redis)) {
      const { commandOptions } = redis;
      // A Sentinel client sends a command again when the connection was lost before the reply, and
      // reads its options each time.
      Object.defineProperty(redis, "commandOptions", { get: () => (sent++, commandOptions) });
    }
    return (await write(redis)) || notWritten(sent > 1);
  }
}

function isCluster(client: object): boolean {
  return "slots" in client;
}

function isSentinel(client: object): client is { readonly commandOptions: unknown } {
  return "commandOptions" in client;
}
