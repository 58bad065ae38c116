import type { Awaitable } from "../../platform/awaitable.js";
import { subtleCrypto } from "../../platform/crypto.js";

/** All keys are HMAC keys: HKDF keys cannot be exported, and AES keys cannot derive subkeys. */
export const HMAC = { name: "HMAC", hash: "SHA-256", length: 256 };

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
  const subtle = subtleCrypto();
  return Promise.all(
    texts.map(async (text) => {
      const secret = (await toSecret(text)) as Uint8Array<ArrayBuffer>;
      return subtle.importKey("raw", secret, HMAC, true, ["sign"]);
    }),
  );
}
