import { cryptoEngine } from "../../lib/platform/crypto.js";
import { WebCryptoEngine } from "../../lib/platform/web-crypto-engine.js";

const isOnWebCrypto = (await cryptoEngine()) instanceof WebCryptoEngine;

/**
 * How many random cases are tried. Web Crypto takes some forty times as long for each,
 * so there it is a fortieth.
 */
export function runs(count: number): number {
  return isOnWebCrypto ? Math.ceil(count / 40) : count;
}
