import { IoredisDriver, isIoredis } from "./ioredis-driver.js";
import { isNodeRedis, NodeRedisDriver } from "./node-redis-driver.js";
import type { RedisClient, RedisDriver } from "./redis-client.js";

/** What a store is told of a client that it uses. */
export interface RedisClientListener {
  failed(driver: RedisDriver, error: unknown): void;
  ready(): void;
}

interface WatchedClient {
  readonly driver: RedisDriver;
  readonly listeners: Set<RedisClientListener>;
}

/**
 * Of the whole process: many stores may share a client, one for each tenant or test, say, and a
 * client warns of a leak when it has more than ten listeners.
 */
const WATCHED: WeakMap<RedisClient, WatchedClient> = new WeakMap();

/** The driver of a client; `null` if it is none. */
export function watch(client: RedisClient): RedisDriver | null {
  const known = WATCHED.get(client);
  if (known) return known.driver;
  const driver = recognize(Object(client));
  if (driver === null) return null;
  const listeners = new Set<RedisClientListener>();
  WATCHED.set(client, { driver, listeners });
  // For as long as the client lives: without a listener, an error of node-redis ends the process.
  client.on("error", (error: unknown) => listeners.forEach((one) => one.failed(driver, error)));
  client.on("ready", () => listeners.forEach((one) => one.ready()));
  return driver;
}

/** Those who are told of a client that is watched. */
export function listenersOf({ client }: RedisDriver): Set<RedisClientListener> {
  return WATCHED.get(client)!.listeners;
}

function recognize(client: Partial<RedisClient>): RedisDriver | null {
  if (isNodeRedis(client)) return new NodeRedisDriver(client);
  if (isIoredis(client)) return new IoredisDriver(client);
  return null;
}
