// `mocha --require` loads this file. It loads the library without Node's APIs, so that all specs of
// the run use the web engine and the web codec. Node's APIs are restored for everything else.
const { process, Buffer } = globalThis;

Object.assign(globalThis, { process: undefined, Buffer: undefined });

const { cryptoEngine } = await import("../../lib/platform/crypto.js");
const { encodeUtf8 } = await import("../../lib/platform/bytes.js");
const { WebCryptoEngine } = await import("../../lib/platform/web-engine.js");
await import("../../lib/index.js");

/** The library has chosen this engine itself and keeps it for the rest of the run. */
export const engine = cryptoEngine();

Object.assign(globalThis, { process, Buffer });

if (!(engine instanceof WebCryptoEngine) || Buffer.isBuffer(encodeUtf8(""))) {
  throw new Error("The library uses an API of Node, so this run would not test the web platform.");
}
