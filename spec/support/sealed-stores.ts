import type { RequestContext } from "@hattip/compose";
import {
  EncryptedCookieStore,
  SignedCookieStore,
  type Keys,
  type RejectionReason,
  type SerializationOptions,
  type SessionScope,
} from "../../lib/index.js";
import type { LoadedSession } from "../../lib/records/store.js";

export type SealedStore = SignedCookieStore | EncryptedCookieStore;

/** The stores with sealed cookies. A spec of both stores runs once for each of them. */
export const SEALED_STORES: {
  name: "signed" | "encrypted";
  /** The name with its article, for the titles of specs. */
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

export function scopeOf(options: Partial<SessionScope> = {}): SessionScope {
  return {
    ctx: {} as RequestContext,
    cookieName: "session",
    idleTimeout: DAY,
    absoluteTimeout: 30 * DAY,
    clientLimit: 400 * DAY,
    ...options,
  };
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Seals a record. Returns the value of the cookie. */
export async function seal(
  store: SealedStore,
  text: string,
  scope: SessionScope = scopeOf(),
  { created = now(), expires = created + DAY }: { created?: number; expires?: number } = {},
): Promise<string> {
  return (await store.save(null, { text, created, expires }, scope)).value;
}

/** Loads a session. Returns the reason if the value is no session. */
export async function open(
  store: SealedStore,
  value: string,
  scope: SessionScope = scopeOf(),
): Promise<LoadedSession | RejectionReason> {
  return store.load(value, scope);
}

/** Imports a key of 32 equal bytes, so that a spec can name the key by one number. */
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
