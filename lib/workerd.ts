/*
 * What `@hattip/session` is where package.json's condition "workerd" holds: on Cloudflare Workers.
 * They have Node's modules only with the flag nodejs_compat, so that these cannot be imported.
 */
import { bufferCodec, preferCodec, type BufferConstructorLike } from "./platform/bytes.js";
import { preferEngine } from "./platform/crypto.js";
import { nodeEngine } from "./platform/node-engine.js";

interface NodeGlobals {
  Buffer?: BufferConstructorLike;
  process?: { getBuiltinModule?(id: string): unknown };
}

const { Buffer, process } = globalThis as NodeGlobals;

if (Buffer) preferCodec(bufferCodec(Buffer));
preferEngine(() => nodeEngine(process?.getBuiltinModule?.("node:crypto")));

export * from "./index.js";
