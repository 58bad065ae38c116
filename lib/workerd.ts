/*
 * What `@hattip/session` is where package.json's condition "workerd" holds: on Cloudflare Workers.
 * They have node:crypto only with the flag nodejs_compat, so that it cannot be imported.
 */
import { preferEngine } from "./platform/crypto.js";
import { nodeEngine } from "./platform/node-engine.js";

interface Process {
  getBuiltinModule?(id: string): unknown;
}

preferEngine(() => {
  const { process } = globalThis as { process?: Process };
  return nodeEngine(process?.getBuiltinModule?.("node:crypto"));
});

export * from "./index.js";
