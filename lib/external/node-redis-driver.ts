import {
  assertCertain,
  isUnknownScript,
  REPLACE_SCRIPT,
  REPLACE_SHA,
  type RedisClient,
  type RedisDriver,
} from "./redis-client.js";

/** What is used of the clients of node-redis. */
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
 * The client's own options are in force where these are silent. Its timeout would
 * be one more timer, since each call has one; and its types may be Buffers for
 * strings, and strings for numbers.
 */
const OPTIONS: CommandOptions = { timeout: undefined, typeMapping: undefined };

/** A client for one command. */
interface OneCall {
  readonly redis: NodeRedis;
  isUnderWay: boolean;
  isSentTwice: boolean;
}

/**
 * Neither the callback clients of version 3 nor those that imitate them would ever answer, and the
 * Cluster of version 4 loses its way.
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

/** Of node-redis: `createClient`, `createCluster`, `createSentinel`, `createClientPool`. */
export class NodeRedisDriver implements RedisDriver {
  readonly client: NodeRedis;
  /**
   * One connection sends what it is given at once: a read that comes too late
   * all the same does no harm.
   */
  readonly #reader: NodeRedis | undefined;
  #isUsed = false;

  constructor(client: NodeRedis) {
    this.client = client;
    if (isOneConnection(client)) {
      // Version 4 has no options.
      this.#reader = client.withCommandOptions?.(OPTIONS) ?? client;
    }
  }

  get isOpen(): boolean {
    return this.client.isOpen;
  }

  get isReady(): boolean {
    // Pools, and Clusters of version 5, do not tell.
    return this.client.isReady ?? true;
  }

  get isOneConnection(): boolean {
    return isOneConnection(this.client);
  }

  get isCluster(): boolean {
    return "slots" in this.client;
  }

  get seesPromotions(): boolean {
    // The Cluster of version 5 asks only servers that answer, and the dead one does not. It tells
    // its version by not telling whether it is ready.
    return !this.isCluster || this.client.isReady !== undefined;
  }

  close(): Promise<unknown> {
    const { client } = this;
    return client.close ? client.close() : client.quit!();
  }

  destroy(): unknown {
    const { client } = this;
    // A pool of version 5 that has been in use throws into the void seconds after it was
    // destroyed, which ends the process.
    if (this.#isUsed && isPool(client)) return client.close!();
    return client.destroy ? client.destroy() : client.disconnect!();
  }

  get(key: string, signal: AbortSignal): Promise<string | null> {
    // To listen to a signal costs more than the rest of the call.
    const redis = this.#reader ?? this.#once(signal).redis;
    return redis.get(key);
  }

  async insert(key: string, text: string, ttl: number, signal: AbortSignal): Promise<boolean> {
    const call = this.#once(signal);
    const reply: unknown = await call.redis.set(key, text, { EX: ttl, NX: true });
    return assertCertain(reply !== null, call.isSentTwice);
  }

  async replace(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const call = this.#once(signal);
    const options = { keys: [key], arguments: [expected, text, String(ttl)] };
    const reply: unknown = await call.redis.evalSha(REPLACE_SHA, options).catch((error) => {
      if (!isUnknownScript(error)) throw error;
      call.isUnderWay = false;
      return call.redis.eval(REPLACE_SCRIPT, options);
    });
    return assertCertain(reply === 1, call.isSentTwice);
  }

  remove(key: string, signal: AbortSignal): Promise<unknown> {
    return this.#once(signal).redis.del(key);
  }

  /** The client with options for one command: all its queues drop it when the signal is aborted. */
  #once(abortSignal: AbortSignal): OneCall {
    this.#isUsed = true;
    const options = { ...OPTIONS, abortSignal };
    // Version 4 has none.
    const redis = this.client.withCommandOptions?.(options) ?? this.client;
    const call = { redis, isUnderWay: false, isSentTwice: false };
    if ("commandOptions" in redis) {
      // A Sentinel client sends a command again when the connection was lost before the reply, and
      // looks its options up each time: here, that of version 5 does not look where
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

/** The others cannot say which of their connections is to select a database. */
function isOneConnection(client: object): boolean {
  return "select" in client;
}

function isPool(client: object): boolean {
  return "totalClients" in client;
}
