import {
  EncryptedCookieStore,
  RedisSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type BackendCall,
  type SessionStore,
} from "@hattip/session";
import { createClient } from "redis";
import { parseUntrusted } from "./data.js";

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
    // The demo's getClient() does not use the request.
    return this.read(key, {} as BackendCall);
  }
}

export type DemoStore = SessionStore & Partial<Peekable> & { close?(): Promise<void> };

/** @param keys - The first one seals. Only the signed and the encrypted store use keys. */
export function openStore(name: StoreName, keys: readonly CryptoKey[]): DemoStore {
  return OPEN[name](keys);
}

const OPEN: Record<StoreName, (keys: readonly CryptoKey[]) => DemoStore> = {
  memory: () => new TransparentMemoryStore(),
  signed: (keys) => new SignedCookieStore(keys),
  encrypted: (keys) => new EncryptedCookieStore(keys),
  unsigned: () => new UnsignedCookieStore({ parse: parseUntrusted }),
  redis: () =>
    new TransparentRedisStore({
      getClient: () => createClient({ url: process.env["REDIS_URL"] ?? "redis://localhost:6379" }),
    }),
};

export function isKeyed(name: StoreName): boolean {
  return name === "signed" || name === "encrypted";
}

export function isExternal(name: StoreName): boolean {
  return name === "memory" || name === "redis";
}
