import type { RequestContext } from "@hattip/compose";
import {
  EncryptedCookieStore,
  SignedCookieStore,
  type FreshReason,
  type Keys,
  type LoadedSession,
  type SerializationOptions,
  type StoreScope,
} from "../../lib/index.js";

export type SealedStore = SignedCookieStore | EncryptedCookieStore;

/** What holds for both sealed stores is said once, for each of them. */
export const SEALED_STORES: {
  name: "signed" | "encrypted";
  /** The name in the titles of specs. */
  aName: string;
  create: (keys: Keys, options?: SerializationOptions) => SealedStore;
}[] = [
  {
    name: "signed",
    aName: "a signed",
    create: (keys, options) => new SignedCookieStore(keys, options),
  },
  {
    name: "encrypted",
    aName: "an encrypted",
    create: (keys, options) => new EncryptedCookieStore(keys, options),
  },
];

const DAY = 86_400;

export function scopeOf(options: Partial<StoreScope> = {}): StoreScope {
  return {
    ctx: {} as RequestContext,
    cookieName: "session",
    absoluteTimeout: 30 * DAY,
    ...options,
  };
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** The value for the cookie. */
export async function seal(
  store: SealedStore,
  text: string,
  scope: StoreScope = scopeOf(),
  { created = now(), expires = created + DAY }: { created?: number; expires?: number } = {},
): Promise<string> {
  return (await store.save(null, { text, created, expires }, scope)).value;
}

/** The session, or why it is none. */
export async function open(
  store: SealedStore,
  value: string,
  scope: StoreScope = scopeOf(),
): Promise<LoadedSession | FreshReason> {
  return store.load(value, scope);
}

/** The 32 bytes of a key are all the same: what a spec says of them fits into its title. */
export async function keyOf(byte: number, isExtractable = true): Promise<CryptoKey> {
  return importKey(new Uint8Array(32).fill(byte), isExtractable);
}

export async function importKey(
  bytes: Uint8Array<ArrayBuffer>,
  isExtractable = true,
): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.importKey("raw", bytes, algorithm, isExtractable, ["sign"]);
}
