/*
 * All the cryptography of this package: by the preferred engine, or else by Web Crypto. Both give
 * the same bytes. These are functions, so that a bundler drops those that a store does not call.
 */
import type { Awaitable } from "./awaitable.js";
import type { CipherKey, CryptoEngine, MacKey, RootKey } from "./engine.js";
import {
  webCipherKey,
  webCrypto,
  webMacKey,
  webRandomBytes,
  webRootKey,
  webSha256,
} from "./web-engine.js";

/** Returns an engine, or `null` if the platform turns out not to have what it needs. */
type EngineSource = () => CryptoEngine | null;

let source: EngineSource = () => null;
let preferred: CryptoEngine | null | undefined;

/**
 * The entry points for platforms with `node:crypto` call this when they are loaded, before any store
 * needs an engine.
 */
export function preferEngine(newSource: EngineSource): void {
  source = newSource;
}

/** Chosen at the first call, and kept; `null` where Web Crypto does the work. */
export function preferredEngine(): CryptoEngine | null {
  if (preferred === undefined) preferred = source();
  return preferred;
}

/**
 * For making and importing keys: sealing and opening with the preferred engine do not use it.
 *
 * @throws {Error} if there is neither a preferred engine nor Web Crypto; so do all other functions.
 */
export function subtleCrypto(): SubtleCrypto {
  return preferredEngine()?.subtle ?? webCrypto().subtle;
}

export function randomBytes(length: number): Uint8Array {
  return preferredEngine()?.randomBytes(length) ?? webRandomBytes(length);
}

/** The digest of the text in UTF-8, as base64url. */
export function sha256(text: string): Awaitable<string> {
  return preferredEngine()?.sha256(text) ?? webSha256(text);
}

/** @param key - For HMAC with SHA-256, or its bytes. */
export function rootKey(key: CryptoKey | Uint8Array): Awaitable<RootKey> {
  return preferredEngine()?.rootKey(key) ?? webRootKey(key, webCrypto().subtle);
}

export function macKey(secret: Uint8Array): Awaitable<MacKey> {
  return preferredEngine()?.macKey(secret) ?? webMacKey(secret);
}

export function cipherKey(secret: Uint8Array): Awaitable<CipherKey> {
  return preferredEngine()?.cipherKey(secret) ?? webCipherKey(secret);
}
