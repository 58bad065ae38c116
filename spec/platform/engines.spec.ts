import { expect } from "chai";
import fc from "fast-check";
import nodeCrypto, { createCipheriv, createHash, createHmac, hkdfSync } from "node:crypto";
import nodeV8 from "node:v8";
import { runInNewContext } from "node:vm";
import sinon from "sinon";
import type { CryptoEngine } from "../../lib/platform/engine.js";
import { NodeCryptoEngine, type NodeCrypto } from "../../lib/platform/node-engine.js";
import {
  webCipherKey,
  webCrypto,
  webMacKey,
  webRandomBytes,
  webRootKey,
  webSha256,
} from "../../lib/platform/web-engine.js";
import { importKey } from "../support/sealed-stores.js";

const onNode = new NodeCryptoEngine(nodeCrypto as unknown as NodeCrypto, nodeV8);
const onWeb: CryptoEngine = {
  subtle: webCrypto().subtle,
  randomBytes: webRandomBytes,
  sha256: webSha256,
  rootKey: (secret) => webRootKey(secret, webCrypto().subtle),
  macKey: webMacKey,
  cipherKey: webCipherKey,
};
// Node before 20.12 has no crypto.hash().
const withoutHash = { ...nodeCrypto, hash: undefined };
const onNodeWithoutHash = new NodeCryptoEngine(withoutHash as unknown as NodeCrypto);

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const nonce = fc.uint8Array({ minLength: 12, maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 300 });

for (const [title, engine] of Object.entries({
  "on node:crypto": onNode,
  "on node:crypto without hash()": onNodeWithoutHash,
  "on Web Crypto": onWeb,
} satisfies Record<string, CryptoEngine>)) {
  describe(`The crypto engine ${title}`, function () {
    this.timeout(60_000);

    it("hashes text with SHA-256 (FIPS 180-4)", async () => {
      expect(await engine.sha256("abc")).to.equal("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
      expect(await engine.sha256("")).to.equal("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
      await holds(fc.string({ unit: "binary" }), async (text) => {
        const expected = createHash("sha256").update(text, "utf8").digest("base64url");
        expect(await engine.sha256(text)).to.equal(expected);
      });
    });

    it("signs with HMAC-SHA-256, truncated to 16 bytes (RFC 4231)", async () => {
      const mac = await (
        await engine.macKey(Buffer.from("Jefe"))
      ).sign(Buffer.from("what do ya want for nothing?"));
      expect(hex(mac)).to.equal("5bdcc146bf60754e6a042426089575c7");
      await holds(fc.tuple(key, bytes), async ([secret, message]) => {
        const expected = createHmac("sha256", secret).update(message).digest().subarray(0, 16);
        expect(hex(await (await engine.macKey(secret)).sign(message))).to.equal(hex(expected));
      });
    });

    it("verifies its own MACs and rejects all others", async () => {
      await holds(fc.tuple(key, bytes, fc.nat({ max: 127 })), async ([secret, message, bit]) => {
        const { sign, verify } = await engine.macKey(secret);
        const mac = Uint8Array.from(await sign(message));
        expect(await verify(message, mac)).to.equal(true);
        expect(await verify(Buffer.concat([message, Buffer.alloc(1)]), mac)).to.equal(false);
        mac[bit >> 3]! ^= 1 << (bit & 7);
        expect(await verify(message, mac)).to.equal(false);
      });
    });

    it("encrypts with AES-256-GCM and appends the tag to the ciphertext", async () => {
      // Test case 16 of McGrew and Viega's specification of GCM.
      const cipher = await engine.cipherKey(
        unhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
      );
      const sealed = await cipher.encrypt(
        unhex("cafebabefacedbaddecaf888"),
        unhex(
          "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        ),
        unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
      );
      expect(hex(sealed)).to.equal(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
      );
      await holds(fc.tuple(key, nonce, bytes, bytes), async ([secret, iv, text, header]) => {
        const expected = createCipheriv("aes-256-gcm", secret, iv).setAAD(header);
        const parts = [expected.update(text), expected.final(), expected.getAuthTag()];
        const found = await (await engine.cipherKey(secret)).encrypt(iv, text, header);
        expect(hex(found)).to.equal(hex(Buffer.concat(parts)));
      });
    });

    it("decrypts what it has encrypted and rejects everything else", async () => {
      const everything = fc.tuple(key, nonce, bytes, bytes, fc.nat());
      await holds(everything, async ([secret, iv, text, header, position]) => {
        const { encrypt, decrypt } = await engine.cipherKey(secret);
        const sealed = Uint8Array.from(await encrypt(iv, text, header));
        expect(hex((await decrypt(iv, sealed, header))!)).to.equal(hex(text));

        for (const [index, part] of [iv, sealed, header].entries()) {
          if (part.length === 0) continue;
          const changed = Uint8Array.from(part);
          changed[position % changed.length]! ^= 1 << (position & 7);
          const parts = [iv, sealed, header].map((kept, at) => (at === index ? changed : kept));
          expect(await decrypt(parts[0]!, parts[1]!, parts[2]!)).to.equal(null);
        }
        expect(await decrypt(iv, sealed, Buffer.concat([header, Buffer.alloc(1)]))).to.equal(null);
      });
    });

    for (const isExtractable of [true, false]) {
      it(`expands ${isExtractable ? "" : "non-"}extractable keys with HKDF-Expand (RFC 5869)`, async () => {
        await holds(fc.tuple(key, bytes, bytes), async ([ikm, salt, info]) => {
          const extracted = createHmac("sha256", salt).update(ikm).digest();
          const prk = await importKey(Uint8Array.from(extracted), isExtractable);
          const expected = Buffer.from(hkdfSync("sha256", ikm, salt, info, 32));
          const root = await engine.rootKey(prk);
          expect(hex(await root.expand(info))).to.equal(hex(expected));
        });
      });
    }

    // In jsdom, for example, Uint8Array is not that of the runtime.
    it("takes the bytes of a key from another realm", async () => {
      const foreign = runInNewContext("new Uint8Array(32)") as Uint8Array;
      expect(foreign).to.not.be.instanceOf(Uint8Array);
      const [one, other] = await Promise.all([
        engine.rootKey(foreign),
        engine.rootKey(new Uint8Array(32)),
      ]);
      const info = new Uint8Array(1);
      expect(hex(await one.expand(info))).to.equal(hex(await other.expand(info)));
    });

    it("expands the bytes of a key as it expands the key", async () => {
      await holds(fc.tuple(key, bytes), async ([secret, info]) => {
        const [ofBytes, ofKey] = await Promise.all([
          engine.rootKey(secret),
          engine.rootKey(await importKey(secret, true)),
        ]);
        expect(hex(await ofBytes.expand(info))).to.equal(hex(await ofKey.expand(info)));
      });
    });

    it("generates keys with Web Crypto", async () => {
      const made = await engine.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, [
        "sign",
      ]);
      expect(made).to.have.property("type", "secret");
    });

    it("returns random bytes in a buffer that no other call shares", () => {
      const [one, two] = [engine.randomBytes(32), engine.randomBytes(32)];
      expect(hex(one)).to.not.equal(hex(two));
      const before = hex(two);
      one.fill(0);
      expect(hex(two)).to.equal(before);
      expect(one.buffer).to.not.equal(two.buffer);
    });
  });
}

describe("The crypto engine on node:crypto", () => {
  // A call of randomFillSync() costs a microsecond at any length.
  it("draws random bytes in blocks of 2048", () => {
    let draws = 0;
    const randomFillSync = (block: Uint8Array): Uint8Array => {
      draws++;
      return nodeCrypto.randomFillSync(block);
    };
    const module = { ...nodeCrypto, randomFillSync } as unknown as NodeCrypto;
    const engine = new NodeCryptoEngine(module, nodeV8);
    for (let i = 0; i < 2048 / 32; i++) engine.randomBytes(32);
    expect(draws).to.equal(1);
    engine.randomBytes(1);
    expect(draws).to.equal(2);
    engine.randomBytes(2048);
    expect(draws).to.equal(3);
  });

  // KeyObject.from() is deprecated for non-extractable keys (DEP0204).
  it("leaves non-extractable keys to Web Crypto", async () => {
    const from = sinon.spy(nodeCrypto.KeyObject, "from");
    try {
      await onNode.rootKey(await importKey(new Uint8Array(32), false));
      expect(from.callCount).to.equal(0);
      await onNode.rootKey(await importKey(new Uint8Array(32), true));
      expect(from.callCount).to.equal(1);
    } finally {
      from.restore();
    }
  });
});

describe("The crypto engine on Web Crypto", () => {
  // Node's timingSafeEqual() throws if the lengths differ. Our comparison must not accept a part
  // of the MAC.
  it("rejects a MAC that is too long or too short", async () => {
    const { sign, verify } = await onWeb.macKey(new Uint8Array(32));
    const message = new Uint8Array(1);
    const mac = await sign(message);
    expect(await verify(message, Buffer.concat([mac, Buffer.alloc(1)]))).to.equal(false);
    expect(await verify(message, mac.subarray(0, 15))).to.equal(false);
    expect(await verify(message, new Uint8Array(0))).to.equal(false);
  });

  it("imports subkeys as non-extractable", async () => {
    const importSubkey = sinon.spy(crypto.subtle, "importKey");
    try {
      await onWeb.macKey(new Uint8Array(32));
      await onWeb.cipherKey(new Uint8Array(32));
      expect(importSubkey.callCount).to.equal(2);
      for (const subkey of await Promise.all(importSubkey.returnValues)) {
        expect(subkey.extractable).to.equal(false);
      }
    } finally {
      importSubkey.restore();
    }
  });
});

async function holds<T>(
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
): Promise<void> {
  await fc.assert(fc.asyncProperty(arbitrary, property), { numRuns: 200 });
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

function unhex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "hex"));
}
