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
import { NodeCryptoEngine } from "../../lib/platform/node-crypto-engine.js";
import { WebCryptoEngine } from "../../lib/platform/web-crypto-engine.js";

const { crypto } = globalThis;

const INDEX = JSON.stringify(new URL("../../lib/index.js", import.meta.url).href);
const SELF_TEST_MESSAGE = Buffer.from("what do ya want for nothing?");

type CreateDecipher = (
  algorithm: CipherGCMTypes,
  key: CipherKey,
  nonce: BinaryLike,
  options: CipherGCMOptions,
) => DecipherGCM;

/** Knows the text, and looks at nothing but the header. */
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

describe("The choice of the cryptography", () => {
  it("is node:crypto here, at once and once for all", () => {
    const engine = cryptoEngine();
    expect(engine).to.be.instanceOf(NodeCryptoEngine);
    expect(cryptoEngine()).to.equal(engine);
  });

  it("is node:crypto wherever process.getBuiltinModule has it", () => {
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

  it("is node:crypto on Node before 20.16, which has to be imported and may be without a global crypto", async () => {
    for (const global of [{}, { crypto }]) {
      const engine = chooseEngine({ process: { versions: { node: "18.20.8" } }, ...global });
      expect(isPromise(engine)).to.equal(true);
      expect(await engine).to.be.instanceOf(NodeCryptoEngine);
    }
  });

  it("is Web Crypto where there is nothing of Node", () => {
    for (const process of [undefined, {}, { versions: {} }, { versions: { bun: "1" } }]) {
      const platform = process === undefined ? { crypto } : { process, crypto };
      expect(chooseEngine(platform as object)).to.be.instanceOf(WebCryptoEngine);
    }
  });

  it("is Web Crypto where process.getBuiltinModule does not have it", () => {
    const process = { getBuiltinModule: () => undefined };
    expect(chooseEngine({ process, crypto })).to.be.instanceOf(WebCryptoEngine);
  });

  it("fails where there is neither, and says why that may be", () => {
    for (const none of [{}, { crypto: undefined as never }, { crypto: {} as Crypto }]) {
      expect(() => chooseEngine(none)).to.throw(/crypto\.subtle is missing.*https/);
    }
  });

  // Bundlers and runtimes put imitations in the place of Node's modules.
  describe("falls back to Web Crypto when node:crypto", () => {
    const wrongHash = (digest: string | Buffer): object => ({
      update: () => wrongHash(digest),
      digest: () => digest,
    });
    const { createCipheriv, createDecipheriv, createHmac } = nodeCrypto;
    const createDecipher: CreateDecipher = createDecipheriv;
    const flawed: Record<string, object> = {
      "has a wrong digest": { hash: () => "wrong" },
      "has a wrong digest, and no hash()": {
        hash: undefined,
        createHash: () => wrongHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1"),
      },
      "has a wrong HMAC": {
        createHmac: (_: string, key: never) => createHmac("sha384", key),
      },
      "has an HMAC of zeros": { createHmac: () => wrongHash(Buffer.alloc(32)) },
      "finds all MACs equal": { timingSafeEqual: () => true },
      "finds no MACs equal": { timingSafeEqual: () => false },
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
          // Whatever it is given, it takes what the self test has sealed with.
          return Object.assign(decipher, { setAAD: () => setAAD(SELF_TEST_MESSAGE) });
        },
      },
      "accepts any text": {
        createDecipheriv: () => imitationOfDecipher(SELF_TEST_MESSAGE),
      },
      "decrypts to something else": {
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
      it(`is without ${name}`, () => {
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

  it("takes an unchanged copy of node:crypto, so that the flaws above are what is refused", () => {
    const module = { ...nodeCrypto, webcrypto: crypto };
    const process = { getBuiltinModule: () => module };
    expect(chooseEngine({ process, crypto })).to.be.instanceOf(NodeCryptoEngine);
  });

  it("draws from no random source that gives nothing but zeros", () => {
    const module = { ...nodeCrypto, webcrypto: crypto, randomFillSync: (bytes: unknown) => bytes };
    const process = { getBuiltinModule: () => module };
    const engine = chooseEngine({ process, crypto }) as NodeCryptoEngine;
    expect(() => engine.randomBytes(12)).to.throw(/random source/);
  });

  // The choice is made once in a process, so that these have one of their own.
  describe("made in another process", function () {
    this.timeout(60_000);

    const WITHOUT_BUILTINS = "delete process.getBuiltinModule;";
    const WITHOUT_CRYPTO = "delete globalThis.crypto; delete globalThis.CryptoKey;";
    /** As where `process` is a bundler's imitation. */
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

    it("is node:crypto on Node without a global crypto, too", async () => {
      expect(await engineAfter(WITHOUT_BUILTINS + WITHOUT_CRYPTO)).to.equal("node:crypto");
    });

    it("is Web Crypto where what calls itself Node has no node:crypto", async () => {
      expect(await engineAfter(WITHOUT_BUILTINS + WITHOUT_NODE_CRYPTO)).to.equal("Web Crypto");
    });

    it("is made again when there was nothing at first, and a polyfill came late", async () => {
      const late = `
        const { webcrypto } = crypto;
        const { SignedCookieStore } = await import(${INDEX});
        const failure = await SignedCookieStore.generateKey().catch((error) => error.message);
        if (!/crypto.subtle is missing/.test(failure)) throw new Error(failure);
        globalThis.crypto = webcrypto;
      `;
      const prepare = WITHOUT_BUILTINS + WITHOUT_CRYPTO + WITHOUT_NODE_CRYPTO + late;
      expect(await engineAfter(prepare)).to.equal("Web Crypto");
    });
  });
});

/** Seals and opens in two stores at once, on a platform prepared like this; tells by what. */
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
    const { data } = await stores[1].load(value, scope);
    // A new store has to wait for the choice no more.
    const saved = new EncryptedCookieStore(await keys).save(null, next, scope);
    const isAtOnce = !(saved instanceof Promise);
    console.log(JSON.stringify({ data, engine, isAtOnce }));
  `;
  const options = ["--import", "ts-blank-space/register", "--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, options);
  const result = JSON.parse(stdout) as { data: unknown; engine: string; isAtOnce: boolean };
  const { data, engine, isAtOnce } = result;
  expect(data).to.deep.equal({ user: 1 });
  expect(isAtOnce).to.equal(engine === "node:crypto");
  return engine;
}
