import { decodeBase64url } from "../../platform/bytes.js";

/** A key, or its 32 bytes. */
export type KeyMaterial = CryptoKey | Uint8Array;

/** The keys that an app gives are unsuitable. */
export class KeysError extends TypeError {}

const KEY_BYTES = 32;

/**
 * Checks the option `keys`, and decodes the texts in it.
 *
 * @throws {KeysError} that says which keys are suitable. It never quotes a text, which may be a key
 * with a typing error.
 */
export function keyMaterialOf(keys: unknown): KeyMaterial[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new KeysError(
      "The option keys must be an array of at least one key, for example [process.env.SESSION_KEY].",
    );
  }
  // Unlike map(), it does not skip the holes of a sparse array.
  return Array.from(keys, (key: unknown) => (isHmacKey(key) ? key : decodeKey(key)));
}

/**
 * Decodes 32 bytes from base64 or base64url.
 *
 * @throws {KeysError} for any other value.
 */
export function decodeKey(text: unknown): Uint8Array {
  if (typeof text === "string") {
    const canonical = text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=$/, "");
    const bytes = decodeBase64url(canonical);
    if (bytes?.length === KEY_BYTES) return bytes;
  }
  const unset = "A key is undefined or empty. Is the environment variable set? ";
  throw new KeysError(
    (text ? "" : unset) +
      "Each key must be 32 random bytes in base64 or base64url, without white space, or a CryptoKey for HMAC with SHA-256, of 32 bytes, with the usage sign, as generateKey() makes it. This makes a key: node -p \"crypto.randomBytes(32).toString('base64url')\". SignedCookieStore.generateKeysFromSecrets() makes keys of passwords.",
  );
}

/**
 * Checks the shape, not `instanceof`: Node 16 and 18 have no global CryptoKey, and every realm has
 * its own.
 */
function isHmacKey(key: unknown): key is CryptoKey {
  const { algorithm, usages } = Object(key) as Partial<CryptoKey>;
  const { name, hash, length } = Object(algorithm) as Partial<HmacKeyAlgorithm>;
  const isHmac = name === "HMAC" && hash?.name === "SHA-256" && length === 256;
  return isHmac && usages?.includes("sign") === true;
}
