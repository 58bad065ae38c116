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

/** The driver of a client of which the listener hears from now on; `null` if it is no client. */
export function watch(client: RedisClient, listener: RedisClientListener): RedisDriver | null {
  let watched = WATCHED.get(client);
  if (!watched) {
    const driver = driverOf(Object(client));
    if (driver === null) return null;
    const listeners = new Set<RedisClientListener>();
    watched = { driver, listeners };
    WATCHED.set(client, watched);
    // For as long as the client lives: without a listener, an error of node-redis ends the process.
    client.on("error", (error: unknown) => listeners.forEach((one) => one.failed(driver, error)));
    client.on("ready", () => listeners.forEach((one) => one.ready()));
  }
  watched.listeners.add(listener);
  return watched.driver;
}

export function unwatch({ client }: RedisDriver, listener: RedisClientListener): void {
  WATCHED.get(client)?.listeners.delete(listener);
}

function driverOf(client: Partial<RedisClient>): RedisDriver | null {
  if (isNodeRedis(client)) return new NodeRedisDriver(client);
  if (isIoredis(client)) return new IoredisDriver(client);
  return null;
}
