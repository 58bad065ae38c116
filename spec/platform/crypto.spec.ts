import { expect } from "chai";
import { execFile } from "node:child_process";
import nodeCrypto, {
  type BinaryLike,
  type CipherGCMOptions,
  type CipherGCMTypes,
  type CipherKey,
  type DecipherGCM,
} from "node:crypto";
import { promisify } from "node:util";
import { isPromise } from "../../lib/platform/awaitable.js";
import { chooseEngine, cryptoEngine } from "../../lib/platform/crypto.js";
import { NodeCryptoEngine } from "../../lib/platform/node-engine.js";
import { WebCryptoEngine } from "../../lib/platform/web-engine.js";

const { crypto } = globalThis;

const INDEX = JSON.stringify(new URL("../../lib/index.js", import.meta.url).href);
const SELF_TEST_MESSAGE = Buffer.from("what do ya want for nothing?");

type CreateDecipher = (
  algorithm: CipherGCMTypes,
  key: CipherKey,
  nonce: BinaryLike,
  options: CipherGCMOptions,
) => DecipherGCM;

/** A decipher that always returns `text` and checks only the header. */
function imitationOfDecipher(text: Buffer): object {
  let isRight = false;
  return {
    setAAD: (header: Uint8Array) => (isRight = text.equals(header)),
    setAuthTag() {},
    update: () => text,
    final() {
      if (!isRight) throw new Error("Unsupported state or unable to authenticate data");
    },
  };
}

describe("The crypto engine", () => {
  it("is node:crypto on this Node, synchronously, and is chosen only once", () => {
    const engine = cryptoEngine();
    expect(engine).to.be.instanceOf(NodeCryptoEngine);
    expect(cryptoEngine()).to.equal(engine);
  });

  it("is node:crypto if process.getBuiltinModule() returns it", () => {
    const asked: string[] = [];
    const process = {
      getBuiltinModule(id: string) {
        asked.push(id);
        return nodeCrypto;
      },
    };
    expect(chooseEngine({ process, crypto })).to.be.instanceOf(NodeCryptoEngine);
    expect(asked).to.deep.equal(["node:crypto"]);
  });

  it("is node:crypto on Node before 20.16, asynchronously, with or without a global crypto", async () => {
    for (const global of [{}, { crypto }]) {
      const engine = chooseEngine({ process: { versions: { node: "18.20.8" } }, ...global });
      expect(isPromise(engine)).to.equal(true);
      expect(await engine).to.be.instanceOf(NodeCryptoEngine);
    }
  });

  it("is Web Crypto if the platform is not Node", () => {
    for (const process of [undefined, {}, { versions: {} }, { versions: { bun: "1" } }]) {
      const platform = process === undefined ? { crypto } : { process, crypto };
      expect(chooseEngine(platform as object)).to.be.instanceOf(WebCryptoEngine);
    }
  });

  it("is Web Crypto if process.getBuiltinModule() does not return node:crypto", () => {
    const process = { getBuiltinModule: () => undefined };
    expect(chooseEngine({ process, crypto })).to.be.instanceOf(WebCryptoEngine);
  });

  it("cannot be chosen if there is neither, and the error mentions https", () => {
    for (const none of [{}, { crypto: undefined as never }, { crypto: {} as Crypto }]) {
      expect(() => chooseEngine(none)).to.throw(/crypto\.subtle is missing.*https/);
    }
  });

  // Bundlers and runtimes replace Node's modules with imitations.
  describe("is Web Crypto if node:crypto", () => {
    const wrongHash = (digest: string | Buffer): object => ({
      update: () => wrongHash(digest),
      digest: () => digest,
    });
    const { createCipheriv, createDecipheriv, createHmac } = nodeCrypto;
    const createDecipher: CreateDecipher = createDecipheriv;
    const flawed: Record<string, object> = {
      "computes a wrong digest": { hash: () => "wrong" },
      "computes a wrong digest and has no hash()": {
        hash: undefined,
        createHash: () => wrongHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1"),
      },
      "computes a wrong HMAC": {
        createHmac: (_: string, key: never) => createHmac("sha384", key),
      },
      "computes an HMAC of zeros": { createHmac: () => wrongHash(Buffer.alloc(32)) },
      "considers all MACs equal": { timingSafeEqual: () => true },
      "considers no MACs equal": { timingSafeEqual: () => false },
      "encrypts in another mode": {
        createCipheriv: (_: string, key: never, nonce: never) =>
          createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 }),
        createDecipheriv: (_: string, key: never, nonce: never) =>
          createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 }),
      },
      "does not encrypt": {
        createCipheriv: (...args: Parameters<typeof createCipheriv>) =>
          Object.assign(createCipheriv(...args), { update: (text: Buffer) => text }),
      },
      "does not authenticate the header": {
        createCipheriv: (...args: Parameters<typeof createCipheriv>) =>
          Object.assign(createCipheriv(...args), { setAAD() {} }),
        createDecipheriv: (...args: Parameters<typeof createDecipheriv>) =>
          Object.assign(createDecipheriv(...args), { setAAD() {} }),
      },
      "accepts a wrong tag": {
        createDecipheriv: (...args: Parameters<typeof createDecipheriv>) =>
          Object.assign(createDecipheriv(...args), { setAuthTag() {}, final: () => "" }),
      },
      "accepts any header": {
        createDecipheriv: (...args: Parameters<CreateDecipher>) => {
          const decipher = createDecipher(...args);
          const setAAD = decipher.setAAD.bind(decipher);
          // It ignores its argument and uses the header of the self-test.
          return Object.assign(decipher, { setAAD: () => setAAD(SELF_TEST_MESSAGE) });
        },
      },
      "accepts any ciphertext": {
        createDecipheriv: () => imitationOfDecipher(SELF_TEST_MESSAGE),
      },
      "decrypts to a wrong text": {
        createDecipheriv: (...args: Parameters<CreateDecipher>) => {
          const decipher = createDecipher(...args);
          const update = decipher.update.bind(decipher);
          return Object.assign(decipher, { update: (text: Buffer) => update(text).fill(0) });
        },
      },
      throws: {
        createHmac() {
          throw new Error("[unenv] crypto.createHmac is not implemented yet!");
        },
      },
      "is an empty object": Object.fromEntries(Object.keys(nodeCrypto).map((name) => [name])),
    };

    for (const [flaw, changes] of Object.entries(flawed)) {
      it(flaw, () => {
        const module = { ...nodeCrypto, webcrypto: crypto, ...changes };
        const process = { getBuiltinModule: () => module };
        expect(chooseEngine({ process, crypto })).to.be.instanceOf(WebCryptoEngine);
      });
    }

    for (const name of [
      "createCipheriv",
      "createDecipheriv",
      "createHmac",
      "createSecretKey",
      "KeyObject",
      "randomFillSync",
      "timingSafeEqual",
      "webcrypto",
    ]) {
      it(`lacks ${name}`, () => {
        const module = { ...nodeCrypto, webcrypto: crypto, [name]: undefined };
        const process = { getBuiltinModule: () => module };
        expect(chooseEngine({ process, crypto })).to.be.instanceOf(WebCryptoEngine);
      });
    }

    it("has neither hash() nor createHash()", () => {
      const module = { ...nodeCrypto, hash: undefined, createHash: undefined };
      const process = { getBuiltinModule: () => module };
      expect(chooseEngine({ process, crypto })).to.be.instanceOf(WebCryptoEngine);
    });
  });

  // This shows that the specs above depend on the flaws, not on the copying of the module.
  it("is node:crypto if the module is a copy without flaws", () => {
    const module = { ...nodeCrypto, webcrypto: crypto };
    const process = { getBuiltinModule: () => module };
    expect(chooseEngine({ process, crypto })).to.be.instanceOf(NodeCryptoEngine);
  });

  it("throws if the random source returns only zeros", () => {
    const module = { ...nodeCrypto, webcrypto: crypto, randomFillSync: (bytes: unknown) => bytes };
    const process = { getBuiltinModule: () => module };
    const engine = chooseEngine({ process, crypto }) as NodeCryptoEngine;
    expect(() => engine.randomBytes(12)).to.throw(/random source/);
  });

  // A process chooses its engine only once, so each of these specs starts a process.
  describe("in a new process", function () {
    this.timeout(60_000);

    const WITHOUT_BUILTINS = "delete process.getBuiltinModule;";
    const WITHOUT_CRYPTO = "delete globalThis.crypto; delete globalThis.CryptoKey;";
    /** Simulates a bundler's imitation of `process`: node:crypto cannot be imported. */
    const WITHOUT_NODE_CRYPTO = `
      const hooks = \`export async function resolve(specifier, context, next) {
        if (specifier === "node:crypto") throw new Error("no such module");
        return next(specifier, context);
      }\`;
      register("data:text/javascript," + encodeURIComponent(hooks));
    `;

    it("is node:crypto on Node without process.getBuiltinModule", async () => {
      expect(await engineAfter(WITHOUT_BUILTINS)).to.equal("node:crypto");
    });

    it("is node:crypto on Node without process.getBuiltinModule and without a global crypto", async () => {
      expect(await engineAfter(WITHOUT_BUILTINS + WITHOUT_CRYPTO)).to.equal("node:crypto");
    });

    it("is Web Crypto if the platform claims to be Node but has no node:crypto", async () => {
      expect(await engineAfter(WITHOUT_BUILTINS + WITHOUT_NODE_CRYPTO)).to.equal("Web Crypto");
    });

    it("is chosen again if there was none at first and a polyfill was loaded later", async () => {
      const loadPolyfillLate = `
        const { webcrypto } = crypto;
        const { SignedCookieStore } = await import(${INDEX});
        const failure = await SignedCookieStore.generateKey().catch((error) => error.message);
        if (!/crypto.subtle is missing/.test(failure)) throw new Error(failure);
        globalThis.crypto = webcrypto;
      `;
      const prepare = WITHOUT_BUILTINS + WITHOUT_CRYPTO + WITHOUT_NODE_CRYPTO + loadPolyfillLate;
      expect(await engineAfter(prepare)).to.equal("Web Crypto");
    });
  });
});

/**
 * Seals and opens a value with two stores, on a platform that `prepare` has changed. Returns the
 * name of the engine that was used.
 */
async function engineAfter(prepare: string): Promise<string> {
  const script = `
    import crypto from "node:crypto";
    import { register, syncBuiltinESMExports } from "node:module";
    let engine = "Web Crypto";
    const { createHmac } = crypto;
    crypto.createHmac = (...args) => ((engine = "node:crypto"), createHmac(...args));
    syncBuiltinESMExports();
    ${prepare}
    const { EncryptedCookieStore } = await import(${INDEX});
    const keys = EncryptedCookieStore.generateKeysFromBase64(["${"A".repeat(43)}"]);
    const created = Math.floor(Date.now() / 1000);
    const scope = { ctx: {}, cookieName: "session", absoluteTimeout: 86400 };
    const stores = [1, 2].map(() => new EncryptedCookieStore(keys));
    const next = { text: '{"user":1}', created, expires: created + 60 };
    const [{ value }] = await Promise.all(stores.map((store) => store.save(null, next, scope)));
    await stores[1].load(value, scope);
    // The engine is there now, and the subkeys of this store.
    const found = stores[1].load(value, scope);
    const isSynchronous = !(found instanceof Promise);
    const { data } = await found;
    console.log(JSON.stringify({ data, engine, isSynchronous }));
  `;
  const options = ["--import", "ts-blank-space/register", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  const result = JSON.parse(stdout) as { data: unknown; engine: string; isSynchronous: boolean };
  const { data, engine, isSynchronous } = result;
  expect(data).to.deep.equal({ user: 1 });
  expect(isSynchronous).to.equal(engine === "node:crypto");
  return engine;
}
