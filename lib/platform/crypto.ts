import type { CryptoEngine } from "./engine.js";
import { WebCryptoEngine } from "./web-engine.js";

/** Returns an engine, or `null` if the platform turns out not to have what it needs. */
export type EngineSource = () => CryptoEngine | null;

let preferred: EngineSource = () => null;
let engine: CryptoEngine | undefined;

/**
 * The entry points for platforms with `node:crypto` call this when they are loaded, before any store
 * needs an engine.
 */
export function preferEngine(source: EngineSource): void {
  preferred = source;
}

/**
 * The preferred engine, or the one on Web Crypto: chosen at the first call, and kept.
 *
 * @throws {Error} if there is neither.
 */
export function cryptoEngine(): CryptoEngine {
  return (engine ??= preferred() ?? webEngine());
}

function webEngine(): CryptoEngine {
  // Read late: a polyfill may be loaded after this package.
  const { crypto } = globalThis as { crypto?: Crypto };
  if (crypto?.subtle) return new WebCryptoEngine(crypto);
  throw new Error(
    "There is no Web Crypto here: globalThis.crypto.subtle is missing. Browsers have it on https only.",
  );
}
