import { Redis } from "ioredis";
import process from "node:process";
import { createClient } from "redis";

// The URL of Redis is the last argument.
const url = process.argv.at(-1);

/** The `getClient` options, each under the first part of its store's paths. */
export const redisClients = {
  "node-redis": () => createClient({ url }),
  ioredis: () => new Redis(url, { lazyConnect: true }),
};
