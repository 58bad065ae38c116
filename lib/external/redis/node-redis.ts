import type { BackendCall } from "../backend-hooks.js";
import { notWritten, UPDATE_SCRIPT, type RedisAdapter } from "./adapter.js";
import type { RedisClient } from "./client.js";
import { withoutCredentials } from "./error.js";

/** The part of node-redis' clients that is used. */
interface NodeRedis extends RedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  readonly options?: { readonly socket?: Readonly<Record<string, any>> };
  readonly clientSideCache?: unknown;
  /** The option `keyPrefix`, which `sendCommand` does not apply. */
  readonly _keyPrefix?: string;
  /** Sentinel */
  readonly commandOptions?: unknown;
  withCommandOptions(options: object): NodeRedis;
  sendCommand(...routeAndCommand: unknown[]): Promise<string | null>;
  close(): Promise<unknown>;
  destroy(): unknown;
}

/**
 * These override the client's own options: its timeout would be a second timer for each call, and
 * its type mapping may return Buffers for strings and strings for numbers.
 */
const OPTIONS = { timeout: undefined, typeMapping: undefined };

/**
 * For `createClient`, `createCluster` and `createSentinel` of node-redis.
 *
 * @returns what must be changed before the client can be used; `undefined` for other clients.
 */
export function adaptNodeRedis(client: RedisClient): RedisAdapter | string | undefined {
  if (!("isOpen" in client)) return undefined;
  // A command that came with version 6.
  if (!("increx" in client))
    return "use redis 6, because older versions can mix up replies while they reconnect";
  // After close(), a pool may keep a connection open for ever, and it does not tell that it is down.
  if ("totalClients" in client)
    return "use createClient() in place of a pool, because one connection serves all requests";
  if ("clientSideCache" in client && client.clientSideCache)
    return "remove its option clientSideCache, because it may have sessions that have ended";
  return adapterOf(client as RedisClient as NodeRedis);
}

function adapterOf(client: NodeRedis): RedisAdapter {
  // Only a single connection can select a database.
  const isOneConnection = "select" in client;
  const isCluster = "slots" in client;
  const isSentinel = "commandOptions" in client;
  const { path, host = "localhost", port = 6379 } = client.options?.socket ?? {};
  const server = isSentinel ? "Sentinel" : withoutCredentials(path ?? `${host}:${port}`);

  /** Reads without a signal. A single connection sends at once, and a late read does no harm. */
  const reader = isOneConnection ? client.withCommandOptions(OPTIONS) : null;

  /** Unused abortable clients: making one costs as much as the rest of a call. */
  const spares: Abortable[] = [];

  /** Sends a command that all queues of the client drop when the request gives up. */
  const send = async <T>(
    call: BackendCall,
    command: (redis: NodeRedis) => Promise<T>,
  ): Promise<T> => {
    const abortable = spares.pop() ?? abortableOf(client);
    const { controller, redis } = abortable;
    const { onTimeout } = call;
    call.onTimeout = () => {
      controller.abort();
      return onTimeout!();
    };
    try {
      return await command(redis);
    } finally {
      if (!controller.signal.aborted) spares.push(abortable);
    }
  };

  const write = async (
    call: BackendCall,
    command: (redis: NodeRedis) => Promise<unknown>,
  ): Promise<boolean> => {
    let sent = 0;
    const reply = await send(call, (redis) => {
      if (!isSentinel) return command(redis);
      const { commandOptions } = redis;
      // A Sentinel client sends a command again when the connection was lost before the reply, and
      // reads its options each time.
      const counted = { get: () => (sent++, commandOptions) };
      return command(Object.create(redis, { commandOptions: counted }) as NodeRedis);
    });
    // SET replies null if the key is taken, and the script 0 if the record is not the expected one.
    return reply === "OK" || reply === 1 || notWritten(sent > 1);
  };

  return {
    address: isCluster ? "the Cluster" : server,
    isOneConnection,
    isOpen: () => client.isOpen,
    isReady: () => client.isReady,
    close: () => client.close(),
    destroy: () => client.destroy(),

    read(key, call) {
      // Listening to a signal costs more than the rest of the call.
      if (reader) return reader.get(key);
      // get() may read from a replica (useReplicas, replicaPoolSize), where a session that has ended
      // may still be: false forbids it.
      const { _keyPrefix: keyPrefix = "" } = client;
      const command = ["GET", keyPrefix + key];
      const route = isCluster ? [command[1], false] : [false];
      return send(call, (redis) => redis.sendCommand(...route, command));
    },
    create: (key, { text, ttl }, call) =>
      write(call, (redis) => redis.set(key, text, { EX: ttl, NX: true })),
    update(key, { text, ttl, expected }, call) {
      const options = { keys: [key], arguments: [expected, text, String(ttl)] };
      return write(call, (redis) => redis.eval(UPDATE_SCRIPT, options));
    },
    remove: (key, call) => send(call, (redis) => redis.del(key)),
    run: (script, key, args, call) =>
      send(call, (redis) => redis.eval(script, { keys: [key], arguments: args })),
  };
}

interface Abortable {
  readonly controller: AbortController;
  /** The client, with options for one command. */
  readonly redis: NodeRedis;
}

function abortableOf(client: NodeRedis): Abortable {
  const controller = new AbortController();
  const options = { ...OPTIONS, abortSignal: controller.signal };
  return { controller, redis: client.withCommandOptions(options) };
}
