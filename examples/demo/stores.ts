import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsignedCookieStore,
  type SessionKey,
  type SessionStore,
} from "@hattip/session";
import { createClient } from "redis";
import { parseUntrusted } from "./data.js";
import { OwnRedis } from "./redis.js";
import {
  TransparentMemoryStore,
  TransparentRedisStore,
  type RedisClient,
} from "./transparent-stores.js";

export const STORES = ["memory", "signed", "encrypted", "unsigned", "redis"] as const;
export type StoreName = (typeof STORES)[number];

export type DemoStore = SessionStore & { close?(): Promise<void> };

const { REDIS_URL } = process.env;
/** All redis sites share it. With REDIS_URL, the demo uses that Redis, and starts none. */
export const ownRedis: OwnRedis | undefined = REDIS_URL ? undefined : new OwnRedis();

/**
 * @param pace - Two sites in one Redis need different prefixes: otherwise each lists the sessions of both.
 * @param keys - The first one seals. Only the signed and the encrypted store use keys.
 */
export function openStore(name: StoreName, pace: string, keys: readonly SessionKey[]): DemoStore {
  return OPEN[name](keys, `session:${pace}:`);
}

const OPEN: Record<StoreName, (keys: readonly SessionKey[], prefix: string) => DemoStore> = {
  memory: (_, prefix) => new TransparentMemoryStore(prefix),
  signed: (keys) => new SignedCookieStore(keys),
  encrypted: (keys) => new EncryptedCookieStore(keys),
  unsigned: () => new UnsignedCookieStore({ parse: parseUntrusted }),
  redis: (_, prefix) => new TransparentRedisStore(prefix, createRedisClient),
};

function createRedisClient(): RedisClient {
  return createClient(
    ownRedis ? { socket: { path: ownRedis.socket, tls: false } } : { url: REDIS_URL! },
  );
}

export function isKeyed(name: StoreName): boolean {
  return name === "signed" || name === "encrypted";
}

export function isExternal(name: StoreName): boolean {
  return name === "memory" || name === "redis";
}
