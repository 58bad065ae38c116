import type { Awaitable } from "./awaitable.js";

/** Of a truncated MAC. */
export const MAC_BYTES = 16;
/** Of the tag of AES-GCM. */
export const TAG_BYTES = 16;

/** HMAC-SHA-256, truncated to 16 bytes: a forger's chance is 2^-128 a try. */
export interface MacKey {
  sign(message: Uint8Array): Awaitable<Uint8Array>;
  /** Compares in constant time. */
  verify(message: Uint8Array, mac: Uint8Array): Awaitable<boolean>;
}

/**
 * AES-256-GCM with a nonce of 12 bytes; what it seals is the ciphertext with
 * the 16-byte tag behind it.
 */
export interface CipherKey {
  encrypt(nonce: Uint8Array, plain: Uint8Array, header: Uint8Array): Awaitable<Uint8Array>;
  /** `null` unless every bit of nonce, ciphertext, tag and header is what was sealed. */
  decrypt(nonce: Uint8Array, sealed: Uint8Array, header: Uint8Array): Awaitable<Uint8Array | null>;
}

/** All the cryptography of this package. Both engines give the same bytes. */
export interface CryptoEngine {
  /** For making and importing keys: never on the path of a request. */
  readonly subtle: SubtleCrypto;
  randomBytes(length: number): Uint8Array;
  /** The digest of the text's UTF-8, as base64url. */
  sha256(text: string): Awaitable<string>;
  /** One block of HKDF-Expand (RFC 5869, 2.3): 32 bytes bound to `info`. */
  expand(root: CryptoKey, info: Uint8Array): Awaitable<Uint8Array>;
  macKey(secret: Uint8Array): Awaitable<MacKey>;
  cipherKey(secret: Uint8Array): Awaitable<CipherKey>;
}
