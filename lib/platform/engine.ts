import type { Awaitable } from "./awaitable.js";

/** The length of a truncated MAC. */
export const MAC_BYTES = 16;
/** The length of an AES-GCM tag. */
export const TAG_BYTES = 16;

/** HMAC-SHA-256, truncated to 16 bytes: a forgery succeeds with probability 2^-128. */
export interface MacKey {
  sign(message: Uint8Array): Awaitable<Uint8Array>;
  /** Takes the same time for any wrong MAC. */
  verify(message: Uint8Array, mac: Uint8Array): Awaitable<boolean>;
}

/** AES-256-GCM with a nonce of 12 bytes. The sealed bytes are the ciphertext and the 16-byte tag. */
export interface CipherKey {
  encrypt(nonce: Uint8Array, plain: Uint8Array, header: Uint8Array): Awaitable<Uint8Array>;
  /** `null` if any bit of nonce, ciphertext, tag or header differs from what was sealed. */
  decrypt(nonce: Uint8Array, sealed: Uint8Array, header: Uint8Array): Awaitable<Uint8Array | null>;
}

/** @internal A key from which subkeys are derived. */
export interface RootKey {
  /** One block of HKDF-Expand (RFC 5869, 2.3): 32 bytes bound to `info`. */
  expand(info: Uint8Array): Awaitable<Uint8Array>;
}

/** @internal What a platform may offer in place of Web Crypto, with the same bytes as results. */
export interface CryptoEngine {
  /** For making and importing keys: sealing and opening do not use it. */
  readonly subtle: SubtleCrypto;
  randomBytes(length: number): Uint8Array;
  /** The digest of the text in UTF-8, as base64url. */
  sha256(text: string): Awaitable<string>;
  /** @param key - For HMAC with SHA-256, or its bytes. */
  rootKey(key: CryptoKey | Uint8Array): Awaitable<RootKey>;
  macKey(secret: Uint8Array): Awaitable<MacKey>;
  cipherKey(secret: Uint8Array): Awaitable<CipherKey>;
}
