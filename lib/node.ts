/*
 * What `@hattip/session` is where package.json's condition "node" holds: on Node, Deno and Bun, and
 * in bundles for them. A synchronous call of node:crypto takes 4 µs, a call of Web Crypto 160.
 */
import { Buffer } from "node:buffer";
import crypto from "node:crypto";
import v8 from "node:v8";
import { bufferCodec, preferCodec } from "./platform/bytes.js";
import { preferEngine } from "./platform/crypto.js";
import { nodeEngine } from "./platform/node-engine.js";

preferCodec(bufferCodec(Buffer));
preferEngine(() => nodeEngine(crypto, v8));

export * from "./index.js";
