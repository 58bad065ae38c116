// `mocha --require` loads this file. It loads the library without Node's APIs, so that all specs of
// the run use the web engine and the web codec. Node's APIs are restored for everything else.
const { process, Buffer } = globalThis;

Object.assign(globalThis, { process: undefined, Buffer: undefined });

const { preferredEngine } = await import("../../lib/platform/crypto.js");
const { encodeUtf8 } = await import("../../lib/platform/bytes.js");
await import("../../lib/index.js");

/** `null` for Web Crypto: the library has chosen, and keeps its choice for the rest of the run. */
export const engine = preferredEngine();

Object.assign(globalThis, { process, Buffer });

if (engine !== null || Buffer.isBuffer(encodeUtf8(""))) {
  throw new Error("The library uses an API of Node, so this run would not test the web platform.");
}
