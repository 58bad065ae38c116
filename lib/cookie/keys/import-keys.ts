import type { Awaitable } from "../../platform/awaitable.js";
import { decodeBase64url } from "../../platform/bytes.js";
import { cryptoEngine } from "../../platform/crypto.js";

/** All keys are HMAC keys: HKDF keys cannot be exported, and AES keys cannot derive subkeys. */
export const HMAC = { name: "HMAC", hash: "SHA-256", length: 256 };
const KEY_BYTES = 32;

/**
 * Decodes 32 bytes from base64 or base64url.
 *
 * @throws {TypeError} for any other value.
 */
export function decodeKey(text: string): Uint8Array {
  if (typeof text === "string") {
    const canonical = text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=$/, "");
    const bytes = decodeBase64url(canonical);
    if (bytes?.length === KEY_BYTES) return bytes;
  }
  throw new TypeError(
    "Each key must be 32 random bytes in base64 or base64url. Is the environment variable set? This makes one: node -p \"crypto.randomBytes(32).toString('base64url')\"",
  );
}

/**
 * Imports the keys that `toSecret` makes of the texts.
 *
 * @throws {TypeError} for an empty list.
 */
export async function importKeys(
  name: string,
  texts: readonly string[],
  toSecret: (text: string) => Awaitable<Uint8Array>,
): Promise<CryptoKey[]> {
  if (!Array.isArray(texts) || texts.length === 0) {
    throw new TypeError(`The ${name} must be an array of at least one string.`);
  }
  const { subtle } = await cryptoEngine();
  return Promise.all(
    texts.map(async (text) => {
      const secret = (await toSecret(text)) as Uint8Array<ArrayBuffer>;
      return subtle.importKey("raw", secret, HMAC, true, ["sign"]);
    }),
  );
}
