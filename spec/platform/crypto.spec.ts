import { expect } from "chai";
import { execFile } from "node:child_process";
import nodeCrypto from "node:crypto";
import { promisify } from "node:util";
import { isPromise } from "../../lib/platform/awaitable.js";
import { chooseEngine, cryptoEngine } from "../../lib/platform/crypto.js";
import { NodeCryptoEngine } from "../../lib/platform/node-crypto-engine.js";
import { WebCryptoEngine } from "../../lib/platform/web-crypto-engine.js";

const { crypto } = globalThis;

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
  describe("on Node as it was", () => {
    const run = promisify(execFile);
    const index = JSON.stringify(new URL("../../lib/index.js", import.meta.url).href);
    const roundTrip = `
      const { EncryptedCookieStore } = await import(${index});
      const keys = EncryptedCookieStore.generateKeysFromBase64(["${"A".repeat(43)}"]);
      const created = Math.floor(Date.now() / 1000);
      const scope = { ctx: {}, cookieName: "session", absoluteTimeout: 86400 };
      const stores = [1, 2].map(() => new EncryptedCookieStore(keys));
      const next = { text: '{"user":1}', created, expires: created + 60 };
      const first = stores[0].save(null, next, scope);
      const [{ value }] = await Promise.all([first, stores[1].save(null, next, scope)]);
      const { text } = await stores[1].load(value, scope);
      console.log(text, createHmac.called);
    `;

    for (const [title, prepare] of Object.entries({
      "without process.getBuiltinModule": "delete process.getBuiltinModule;",
      "without a global crypto, too":
        "delete process.getBuiltinModule; delete globalThis.crypto; delete globalThis.CryptoKey;",
    })) {
      it(`seals and opens by node:crypto, ${title}`, async () => {
        const spy = `
          import crypto from "node:crypto";
          import { syncBuiltinESMExports } from "node:module";
          const { createHmac: original } = crypto;
          const createHmac = (...args) => ((createHmac.called = true), original(...args));
          crypto.createHmac = createHmac;
          syncBuiltinESMExports();
        `;
        const loader = ["--import", "ts-blank-space/register", "--input-type=module", "--eval"];
        const script = `${spy}${prepare}${roundTrip}`;
        const { stdout } = await run(process.execPath, [...loader, script]);
        expect(stdout.trim()).to.equal('{"user":1} true');
      });
    }
  });
});
