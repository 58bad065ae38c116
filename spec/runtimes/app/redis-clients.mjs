import { Redis } from "ioredis";
import process from "node:process";
import { createClient } from "redis";

// The last argument.
const url = process.argv.at(-1);

/** What gets the clients of a store, by the first part of the path that it serves. */
export const redisClients = {
  "node-redis": () => createClient({ url }),
  ioredis: () => new Redis(url, { lazyConnect: true }),
};
