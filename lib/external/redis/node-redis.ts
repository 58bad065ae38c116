import type { Insertion, Replacement } from "../guarded-backend.js";
import {
  isUnknownScript,
  notWritten,
  RedisDriver,
  UPDATE_SCRIPT,
  UPDATE_SHA,
  type RedisClient,
} from "./driver.js";

/** The part of node-redis' clients that is used. */
export interface NodeRedis extends RedisClient {
  readonly isOpen: boolean;
  readonly options?: { legacyMode?: boolean };
  evalSha(sha: string, options: ScriptOptions): Promise<number>;
  withCommandOptions?(options: CommandOptions): NodeRedis;
  close?(): Promise<unknown>;
  quit?(): Promise<unknown>;
  destroy?(): unknown;
  disconnect?(): unknown;
}

interface ScriptOptions {
  keys: string[];
  arguments: string[];
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

/**
 * Callback clients (version 3, and legacyMode) would never resolve a promise, and the Cluster of
 * version 4 cannot follow slots that have moved.
 */
export function isNodeRedis(client: Partial<NodeRedis>): client is NodeRedis {
  return (
    typeof client.evalSha === "function" &&
    typeof client.connect === "function" &&
    typeof client.isOpen === "boolean" &&
    (client.withCommandOptions !== undefined || isOneConnection(client)) &&
    client.options?.legacyMode !== true
  );
}

/** For node-redis: `createClient`, `createCluster`, `createSentinel`, `createClientPool`. */
export class NodeRedisDriver extends RedisDriver {
  readonly client: NodeRedis;
  /** Reads without a signal. A single connection sends at once, and a late read does no harm. */
  readonly #reader: NodeRedis | undefined;
  #isUsed = false;

  constructor(client: NodeRedis) {
    super(client, isOneConnection(client), "slots" in client);
    this.client = client;
    // Version 4 has no withCommandOptions().
    if (this.isOneConnection) this.#reader = client.withCommandOptions?.(OPTIONS) ?? client;
  }

  get isOpen(): boolean {
    return this.client.isOpen;
  }

  get isReady(): boolean {
    // Pools, and Clusters of version 5, do not report it.
    return this.client.isReady ?? true;
  }

  close(): Promise<unknown> {
    const { client } = this;
    return client.close ? client.close() : client.quit!();
  }

  protected disconnect(): unknown {
    const { client } = this;
    // A used pool of version 5 throws an uncaught error seconds after destroy(), which ends the
    // process.
    if (this.#isUsed && "totalClients" in client) return client.close!();
    return client.destroy ? client.destroy() : client.disconnect!();
  }

  read(key: string, signal: AbortSignal): Promise<string | null> {
    // Listening to a signal costs more than the rest of the call.
    const redis = this.#reader ?? this.#once(signal).redis;
    return redis.get(key);
  }

  async create(key: string, { text, ttl }: Insertion, signal: AbortSignal): Promise<boolean> {
    const call = this.#once(signal);
    const reply: unknown = await call.redis.set(key, text, { EX: ttl, NX: true });
    return reply !== null || notWritten(call.isSentTwice);
  }

  async update(
    key: string,
    { text, ttl, expected }: Replacement,
    signal: AbortSignal,
  ): Promise<boolean> {
    const call = this.#once(signal);
    const options = { keys: [key], arguments: [expected, text, String(ttl)] };
    const reply: unknown = await call.redis.evalSha(UPDATE_SHA, options).catch((error) => {
      if (!isUnknownScript(error)) throw error;
      call.isUnderWay = false;
      return call.redis.eval(UPDATE_SCRIPT, options);
    });
    return reply === 1 || notWritten(call.isSentTwice);
  }

  remove(key: string, signal: AbortSignal): Promise<unknown> {
    return this.#once(signal).redis.del(key);
  }

  /**
   * The client, with options for one command: when the signal is aborted, all queues of the client
   * drop the command.
   */
  #once(abortSignal: AbortSignal): {
    readonly redis: NodeRedis;
    isUnderWay: boolean;
    isSentTwice: boolean;
  } {
    this.#isUsed = true;
    const options = { ...OPTIONS, abortSignal };
    // Version 4 has no withCommandOptions(), so its commands are not aborted.
    const redis = this.client.withCommandOptions?.(options) ?? this.client;
    const call = { redis, isUnderWay: false, isSentTwice: false };
    if ("commandOptions" in redis) {
      // A Sentinel client sends a command again when the connection was lost before the reply, and
      // reads its options each time. In version 5 it reads them here, and not where
      // withCommandOptions() puts them.
      Object.defineProperty(redis, "commandOptions", {
        get() {
          if (call.isUnderWay) call.isSentTwice = true;
          call.isUnderWay = true;
          return options;
        },
      });
    }
    return call;
  }
}

/** Only a single connection can select a database. */
function isOneConnection(client: object): boolean {
  return "select" in client;
}
