// For `mocha --require`: the library is loaded as on a platform that has Web Crypto and nothing of
// Node's, so that all specs of the run are served by the web engine and the web codec. Everything
// else has Node back right after.
const { process, Buffer } = globalThis;

Object.assign(globalThis, { process: undefined, Buffer: undefined });

const { cryptoEngine } = await import("../../lib/platform/crypto.js");
const { encodeUtf8 } = await import("../../lib/platform/bytes.js");
const { WebCryptoEngine } = await import("../../lib/platform/web-crypto-engine.js");
await import("../../lib/index.js");

/** Chosen by the library itself, and kept by it for the rest of the run. */
export const engine = await cryptoEngine();

Object.assign(globalThis, { process, Buffer });

if (!(engine instanceof WebCryptoEngine) || Buffer.isBuffer(encodeUtf8(""))) {
  throw new Error(
    "The library has found something of Node's, so that this run would prove nothing.",
  );
}
