import { isPromise, type Awaitable } from "./awaitable.js";
import type { CryptoEngine } from "./engine.js";
import { NodeCryptoEngine, type NodeCrypto } from "./node-engine.js";
import { WebCryptoEngine } from "./web-engine.js";

interface Platform {
  process?: {
    getBuiltinModule?(id: string): unknown;
    versions?: { node?: string };
  };
  crypto?: Crypto;
}

let engine: Awaitable<CryptoEngine> | undefined;

/**
 * The engine on `node:crypto` where that module is available (a synchronous call takes 4 µs, a call
 * of Web Crypto 160), else the engine on Web Crypto. It is a promise only on Node before 20.16, and
 * only until the module is loaded.
 */
export function cryptoEngine(): Awaitable<CryptoEngine> {
  if (engine === undefined) {
    engine = chooseEngine(globalThis);
    if (isPromise(engine)) {
      engine.then(
        (ready) => (engine = ready),
        () => (engine = undefined),
      );
    }
  }
  return engine;
}

export function chooseEngine({ process, crypto }: Platform): Awaitable<CryptoEngine> {
  if (process?.getBuiltinModule) {
    return preferNode(process.getBuiltinModule("node:crypto"), crypto);
  }
  if (process?.versions?.node) {
    // Node 16 and 18 have no global `crypto`. The name is not a literal, so that bundlers for
    // browsers do not resolve it.
    const id = "node:crypto";
    return import(/* @vite-ignore */ /* webpackIgnore: true */ id)
      .catch(() => undefined)
      .then((module: unknown) => preferNode(module, crypto));
  }
  return preferNode(undefined, crypto);
}

function preferNode(module: unknown, crypto: Crypto | undefined): CryptoEngine {
  const node = module as NodeCrypto | undefined;
  // A bundler's polyfill that is wrong or incomplete must never seal a cookie.
  if (node && NodeCryptoEngine.passesSelfTest(node)) return new NodeCryptoEngine(node);
  if (crypto?.subtle) return new WebCryptoEngine(crypto);
  throw new Error(
    "There is no Web Crypto here: globalThis.crypto.subtle is missing. Browsers have it on https only.",
  );
}
