import { isPromise, type Awaitable } from "./awaitable.js";
import type { CryptoEngine } from "./crypto-engine.js";
import { NodeCryptoEngine, type NodeCrypto } from "./node-crypto-engine.js";
import { WebCryptoEngine } from "./web-crypto-engine.js";

interface Platform {
  process?: {
    getBuiltinModule?(id: string): unknown;
    versions?: { node?: string };
  };
  crypto?: Crypto;
}

let engine: Awaitable<CryptoEngine> | undefined;

/**
 * Node's own module where it can be had (its synchronous calls take 4 µs where a trip to the thread
 * pool takes 160), Web Crypto elsewhere. A promise only on Node before 20.16, until the first use.
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
    // Node 16 and 18 have no global `crypto`. Not a literal, so that
    // bundlers for browsers let it be.
    const id = "node:crypto";
    return import(/* @vite-ignore */ /* webpackIgnore: true */ id)
      .catch(() => undefined)
      .then((module: unknown) => preferNode(module, crypto));
  }
  return preferNode(undefined, crypto);
}

function preferNode(module: unknown, crypto: Crypto | undefined): CryptoEngine {
  const node = module as NodeCrypto | undefined;
  // An imitation of the module that is wrong or incomplete must never seal a cookie.
  if (node && NodeCryptoEngine.passesSelfTest(node)) return new NodeCryptoEngine(node);
  if (crypto?.subtle) return new WebCryptoEngine(crypto);
  throw new Error(
    "There is no Web Crypto here: globalThis.crypto.subtle is missing. Browsers have it on https only.",
  );
}
