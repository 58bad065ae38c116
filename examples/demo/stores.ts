import {
  EncryptedCookieStore,
  RedisSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type BackendCall,
  type SessionKey,
  type SessionStore,
} from "@hattip/session";
import { createClient } from "redis";
import { parseUntrusted } from "./data.js";
import { OwnRedis } from "./redis.js";

export const STORES = ["memory", "signed", "encrypted", "unsigned", "redis"] as const;
export type StoreName = (typeof STORES)[number];

/** An external store from which the demo can read a record. Apps do not need this. */
interface Peekable {
  peek(key: string): Promise<string | null>;
}

class TransparentMemoryStore extends UnsafeMemoryStore implements Peekable {
  async peek(key: string): Promise<string | null> {
    return this.read(key);
  }
}

class TransparentRedisStore extends RedisSessionStore implements Peekable {
  async peek(key: string): Promise<string | null> {
    // It opens the client, and throws if Redis does not answer.
    await this.ping();
    // The demo's getClient() does not use the request.
    const { signal } = new AbortController();
    return this.read(key, { signal } as BackendCall);
  }
}

export type DemoStore = SessionStore & Partial<Peekable> & { close?(): Promise<void> };

const { REDIS_URL } = process.env;
/** All redis sites share it. With REDIS_URL, the demo uses that Redis, and starts none. */
export const ownRedis: OwnRedis | undefined = REDIS_URL ? undefined : new OwnRedis();

/** @param keys - The first one seals. Only the signed and the encrypted store use keys. */
export function openStore(name: StoreName, keys: readonly SessionKey[]): DemoStore {
  return OPEN[name](keys);
}

const OPEN: Record<StoreName, (keys: readonly SessionKey[]) => DemoStore> = {
  memory: () => new TransparentMemoryStore(),
  signed: (keys) => new SignedCookieStore(keys),
  encrypted: (keys) => new EncryptedCookieStore(keys),
  unsigned: () => new UnsignedCookieStore({ parse: parseUntrusted }),
  redis: () =>
    new TransparentRedisStore({
      getClient: () =>
        createClient(
          ownRedis ? { socket: { path: ownRedis.socket, tls: false } } : { url: REDIS_URL! },
        ),
    }),
};

export function isKeyed(name: StoreName): boolean {
  return name === "signed" || name === "encrypted";
}

export function isExternal(name: StoreName): boolean {
  return name === "memory" || name === "redis";
}
