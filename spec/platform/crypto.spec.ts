import { expect } from "chai";
import { build } from "esbuild";
import { execFile } from "node:child_process";
import nodeCrypto, {
  type BinaryLike,
  type CipherGCMOptions,
  type CipherGCMTypes,
  type CipherKey,
  type DecipherGCM,
} from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sinon from "sinon";
import {
  cipherKey,
  macKey,
  preferredEngine,
  randomBytes,
  rootKey,
  sha256,
  subtleCrypto,
} from "../../lib/platform/crypto.js";
import { NodeCryptoEngine, nodeEngine } from "../../lib/platform/node-engine.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const { crypto } = globalThis;

const LIB = fileURLToPath(new URL("../../lib", import.meta.url));
/** Has `lib/` in JavaScript: a process that compiles TypeScript needs two seconds to start. */
const folder = temporaryFolder("platform");
const [INDEX, NODE, WORKERD] = ["./index.js", "./node.js", "./workerd.js"];
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
  it("is node:crypto on this Node, and is chosen only once", () => {
    const engine = preferredEngine();
    expect(engine).to.be.instanceOf(NodeCryptoEngine);
    expect(preferredEngine()).to.equal(engine);
  });

  it("does every operation if it is preferred", async () => {
    const engine = preferredEngine()!;
    expect(subtleCrypto()).to.equal(engine.subtle);
    const secret = new Uint8Array(32);
    const operations = {
      randomBytes: () => randomBytes(32),
      sha256: () => sha256("abc"),
      rootKey: () => rootKey(secret),
      macKey: () => macKey(secret),
      cipherKey: () => cipherKey(secret),
    };
    for (const [name, run] of Object.entries(operations)) {
      const operation = sinon.spy(engine, name as keyof typeof operations);
      try {
        const result: unknown = run();
        expect(operation.returnValues, name).to.deep.equal([result]);
      } finally {
        operation.restore();
      }
    }
  });

  it("is not node:crypto if there is no such module", () => {
    expect(nodeEngine(undefined)).to.equal(null);
  });

  // Bundlers and runtimes replace Node's modules with imitations.
  describe("is not node:crypto if that module", () => {
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
        expect(nodeEngine(module)).to.equal(null);
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
        expect(nodeEngine(module)).to.equal(null);
      });
    }

    it("has neither hash() nor createHash()", () => {
      const module = { ...nodeCrypto, hash: undefined, createHash: undefined };
      expect(nodeEngine(module)).to.equal(null);
    });
  });

  // This shows that the specs above depend on the flaws, not on the copying of the module.
  it("is node:crypto if the module is a copy without flaws", () => {
    const module = { ...nodeCrypto, webcrypto: crypto };
    expect(nodeEngine(module)).to.be.instanceOf(NodeCryptoEngine);
  });

  it("throws if the random source returns only zeros", () => {
    const module = { ...nodeCrypto, webcrypto: crypto, randomFillSync: (bytes: unknown) => bytes };
    expect(() => nodeEngine(module)!.randomBytes(12)).to.throw(/random source/);
  });

  // A process chooses its engine only once, so each of these specs starts a process.
  describe("in a new process", function () {
    this.timeout(60_000);

    before(async () => {
      await build({ entryPoints: [`${LIB}/**/*.ts`], outdir: folder.path, logLevel: "silent" });
      writeFileSync(join(folder.path, "package.json"), JSON.stringify({ type: "module" }));
    });
    after(() => folder.remove());

    const WITHOUT_CRYPTO = "delete globalThis.crypto; delete globalThis.CryptoKey;";

    it("is node:crypto if the entry point for Node is loaded, without a global crypto, too", async () => {
      expect(await engineAfter(NODE, "")).to.equal("node:crypto");
      expect(await engineAfter(NODE, WITHOUT_CRYPTO)).to.equal("node:crypto");
    });

    it("is node:crypto if the entry point for Workers is loaded, and process.getBuiltinModule() returns it", async () => {
      expect(await engineAfter(WORKERD, "")).to.equal("node:crypto");
    });

    it("is Web Crypto if the entry point for Workers is loaded, and there is no node:crypto", async () => {
      expect(await engineAfter(WORKERD, "delete process.getBuiltinModule;")).to.equal("Web Crypto");
      const imitation = "process.getBuiltinModule = () => undefined;";
      expect(await engineAfter(WORKERD, imitation)).to.equal("Web Crypto");
    });

    it("is Web Crypto for good if there was no node:crypto when it was first needed", async () => {
      const imitation = `
        let isAsked = false;
        process.getBuiltinModule = () => {
          if (isAsked) throw new Error("asked again");
          isAsked = true;
        };
      `;
      expect(await engineAfter(WORKERD, imitation)).to.equal("Web Crypto");
    });

    it("is Web Crypto if the entry point for all platforms is loaded", async () => {
      expect(await engineAfter(INDEX, "")).to.equal("Web Crypto");
    });

    it("is Web Crypto for every operation if none is preferred, with the same results", async () => {
      const [onNode, onWeb] = await Promise.all([operationsAfter(NODE), operationsAfter(INDEX)]);
      expect([onNode.engine, onWeb.engine]).to.deep.equal(["NodeCryptoEngine", "Web Crypto"]);
      expect(onWeb.results).to.deep.equal(onNode.results);
    });

    // As in jsdom.
    it("is node:crypto if the platform has no TextEncoder", async () => {
      const prepare = "delete globalThis.TextEncoder; delete globalThis.TextDecoder;";
      expect(await engineAfter(NODE, prepare)).to.equal("node:crypto");
    });

    it("is chosen again if there was none at first, and a polyfill was loaded later", async () => {
      const loadPolyfillLate = `
        const { webcrypto } = crypto;
        const { SignedCookieStore } = await import("${INDEX}");
        const failure = await SignedCookieStore.generateKey().catch((error) => error.message);
        if (!/crypto.subtle is missing.*https/.test(failure)) throw new Error(failure);
        globalThis.crypto = webcrypto;
      `;
      expect(await engineAfter(INDEX, WITHOUT_CRYPTO + loadPolyfillLate)).to.equal("Web Crypto");
    });
  });
});

/**
 * Seals and opens a value with two stores, on a platform that `prepare` has changed. Returns the
 * name of the engine that was used.
 */
async function engineAfter(entry: string, prepare: string): Promise<string> {
  const script = `
    import crypto from "node:crypto";
    import { syncBuiltinESMExports } from "node:module";
    let engine = "Web Crypto";
    const { createHmac } = crypto;
    crypto.createHmac = (...args) => ((engine = "node:crypto"), createHmac(...args));
    syncBuiltinESMExports();
    ${prepare}
    const { EncryptedCookieStore } = await import("${entry}");
    const keys = EncryptedCookieStore.generateKeysFromBase64(["${"A".repeat(43)}"]);
    const created = Math.floor(Date.now() / 1000);
    const scope = { ctx: {}, cookieName: "session", absoluteTimeout: 86400 };
    const stores = [1, 2].map(() => new EncryptedCookieStore(keys));
    const next = { text: '{"user":1}', created, expires: created + 60 };
    const [{ value }] = await Promise.all(stores.map((store) => store.save(null, next, scope)));
    await stores[1].load(value, scope);
    // The subkeys of this store are there now.
    const found = stores[1].load(value, scope);
    const isSynchronous = !(found instanceof Promise);
    const { data } = await found;
    const { encodeUtf8 } = await import("./platform/bytes.js");
    const usesBuffer = Buffer.isBuffer(encodeUtf8("text"));
    console.log(JSON.stringify({ data, engine, isSynchronous, usesBuffer }));
  `;
  const result = await resultOf<{
    data: unknown;
    engine: string;
    isSynchronous: boolean;
    usesBuffer: boolean;
  }>(script);
  const { data, engine, isSynchronous, usesBuffer } = result;
  expect(data).to.deep.equal({ user: 1 });
  // Every process here has Buffer. The entry point for all platforms must not depend on it.
  expect(usesBuffer).to.equal(entry !== INDEX);
  expect(isSynchronous).to.equal(engine === "node:crypto");
  return engine;
}

/** Calls each operation in a process that has loaded this entry point. */
function operationsAfter(entry: string): Promise<{ engine: string; results: unknown[] }> {
  return resultOf(`
    await import("${entry}");
    const library = await import("./platform/crypto.js");
    const [key, text] = [new Uint8Array(32), new Uint8Array(12)];
    const root = await library.rootKey(key);
    const mac = await library.macKey(key);
    const cipher = await library.cipherKey(key);
    const results = [
      library.subtleCrypto() === crypto.subtle,
      library.randomBytes(32).length,
      await library.sha256("abc"),
      ...(await Promise.all([root.expand(text), mac.sign(text), cipher.encrypt(text, text, text)])),
    ];
    const engine = library.preferredEngine()?.constructor.name ?? "Web Crypto";
    // Of bytes, JSON has to show the same for Buffer and Uint8Array.
    const shown = results.map((result) => (result.buffer ? [...result] : result));
    console.log(JSON.stringify({ engine, results: shown }));
  `);
}

/** What the script writes as JSON. It runs as a module of the folder, in a new process. */
async function resultOf<Result>(script: string): Promise<Result> {
  const options = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: folder.path });
  return JSON.parse(stdout) as Result;
}
