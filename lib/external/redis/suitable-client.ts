import { SessionError } from "../../errors.js";
import type { RedisClient } from "./client.js";
import type { RedisDriver } from "./driver.js";
import { IoredisDriver, isIoredis, objectionToIoredis } from "./ioredis.js";
import { isNodeRedis, NodeRedisDriver, objectionToNodeRedis } from "./node-redis.js";

/**
 * One driver per client, for the whole process: many stores may share a client (one for each tenant
 * or test), and a client with more than ten listeners warns of a leak.
 */
const DRIVERS: WeakMap<RedisClient, RedisDriver> = new WeakMap();

/** @throws {SessionError} `ERR_SESSION_USAGE` for a client that the store cannot use. */
export function driverOf(client: RedisClient): RedisDriver {
  let driver = DRIVERS.get(client);
  if (!driver) {
    driver = newDriver(Object(client));
    DRIVERS.set(client, driver);
  }
  return driver;
}

function newDriver(client: Partial<RedisClient>): RedisDriver {
  if (isNodeRedis(client)) {
    assertNone(objectionToNodeRedis(client));
    return new NodeRedisDriver(client);
  }
  if (isIoredis(client)) {
    assertNone(objectionToIoredis(client));
    return new IoredisDriver(client);
  }
  throw refused(
    "return one of node-redis 6 or newer, not its legacy(), or one of ioredis 5 or newer",
  );
}

function assertNone(objection: string | undefined): void {
  if (objection) throw refused(objection);
}

function refused(objection: string): SessionError {
  return new SessionError(
    "ERR_SESSION_USAGE",
    `getClient returned no client that RedisSessionStore can use: ${objection}.`,
  );
}
