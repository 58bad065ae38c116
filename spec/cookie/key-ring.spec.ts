import { expect } from "chai";
import { watchCrypto, type CryptoCalls } from "../support/crypto-calls.js";
import { keyIdOf } from "../support/independent-decoder.js";
import { keyOf, open, seal, SEALED_STORES, type SealedStore } from "../support/sealed-stores.js";

const TEXT = '{"user":1}';

for (const { name, aName, create } of SEALED_STORES) {
  describe(`The key ring of ${aName} store`, () => {
    it("seals with the first key", async () => {
      const value = await seal(create([await keyOf(3), await keyOf(1), await keyOf(2)]), TEXT);
      const id = Buffer.from(value, "base64url").subarray(1, 5);
      expect(id).to.deep.equal(keyIdOf(Buffer.alloc(32, 3)));
    });

    it("opens what any of its keys has sealed, and says whether it was the first", async () => {
      const store = create(await Promise.all([1, 2, 3].map(async (byte) => keyOf(byte))));
      for (const byte of [1, 2, 3]) {
        const value = await seal(create([await keyOf(byte)]), TEXT);
        expect(await open(store, value)).to.include({ text: TEXT, outdated: byte !== 1 });
      }
    });

    it("does not open what a key has sealed that is no longer there", async () => {
      const value = await seal(create([await keyOf(1)]), TEXT);
      expect(await open(create([await keyOf(2)]), value)).to.equal("unknown-key");
    });

    it("reads both during a rotation: new instances what the old ones seal, and the other way round", async () => {
      const [oldKey, newKey] = [await keyOf(1), await keyOf(2)];
      const before = create([oldKey, newKey]);
      const after = create([newKey, oldKey]);
      expect(await open(after, await seal(before, TEXT))).to.include({ outdated: true });
      expect(await open(before, await seal(after, TEXT))).to.include({ outdated: true });
    });

    for (const isExtractable of [true, false]) {
      const keyKind = isExtractable ? "extractable" : "non-extractable";

      it(`takes ${keyKind} keys`, async () => {
        const store = create([await keyOf(1, isExtractable), await keyOf(2, isExtractable)]);
        const value = await seal(store, TEXT);
        expect(await open(store, value)).to.include({ text: TEXT, outdated: false });
        // The same key in the other form is the same key.
        expect(await open(create([await keyOf(1, !isExtractable)]), value)).to.include({
          text: TEXT,
        });
        const old = await seal(create([await keyOf(2, !isExtractable)]), TEXT);
        expect(await open(store, old)).to.include({ text: TEXT, outdated: true });
      });

      describe(`with sixteen ${keyKind} keys`, () => {
        let calls: CryptoCalls;
        let store: SealedStore;

        beforeEach(async () => {
          const keys = Array.from({ length: 16 }, async (_, byte) => keyOf(byte, isExtractable));
          store = create(await Promise.all(keys));
          await seal(store, TEXT); // the ring is made at the first use, or before
          calls = watchCrypto();
        });

        afterEach(() => calls.restore());

        it("tries the one that the value names, and no other", async () => {
          for (const byte of [0, 7, 15]) {
            calls.restore();
            const value = await seal(create([await keyOf(byte)]), TEXT);
            calls = watchCrypto();
            await open(store, value);
            const isKnown = byte === 0; // its subkey is there since it sealed
            const perMac = name === "signed" ? 1 : 0;
            const perCipher = name === "signed" ? 0 : 1;
            expect(calls.macs, "a subkey, and a MAC").to.equal((isKnown ? 0 : 1) + perMac);
            expect(calls.ciphers).to.equal(perCipher);

            calls.reset();
            await open(store, value);
            expect(calls.macs, "with its subkey kept").to.equal(perMac);
            expect(calls.ciphers).to.equal(perCipher);
          }
        });

        it("tries none for an unknown key, another kind or a malformed value", async () => {
          const frame = Buffer.from(await seal(store, TEXT), "base64url");
          const unknown = Buffer.from(frame);
          unknown[1]! ^= 1;
          const otherKind = Buffer.from(frame);
          otherKind[0] = name === "signed" ? 0x11 : 0x49;
          calls.reset();
          expect(await open(store, unknown.toString("base64url"))).to.equal("unknown-key");
          expect(await open(store, otherKind.toString("base64url"))).to.equal("other-store");
          expect(await open(store, `${frame.toString("base64url")}=`)).to.equal("malformed");
          expect(await open(store, "x".repeat(5000))).to.equal("malformed");
          expect(calls.macs + calls.ciphers).to.equal(0);
        });
      });
    }

    describe("refuses with a TypeError", () => {
      const HMAC = { name: "HMAC", hash: "SHA-256", length: 256 };
      const raw = new Uint8Array(32);
      const { subtle } = crypto;
      const imported = (algorithm: object, usages: KeyUsage[], bytes = raw): Promise<CryptoKey> =>
        subtle.importKey("raw", bytes, algorithm as HmacImportParams, false, usages);
      const wrong: Record<string, () => unknown> = {
        "a key for HMAC with another hash": () =>
          imported({ name: "HMAC", hash: "SHA-512", length: 256 }, ["sign"]),
        "a shorter key": () => imported({ ...HMAC, length: 128 }, ["sign"], new Uint8Array(16)),
        "a longer key": () => imported({ ...HMAC, length: 512 }, ["sign"], new Uint8Array(64)),
        "a key that may only verify": () => imported(HMAC, ["verify"]),
        "an AES key": () => imported({ name: "AES-GCM" }, ["encrypt", "decrypt"]),
        "an HKDF key": () => imported({ name: "HKDF" }, ["deriveKey"]),
        "bare bytes": () => raw,
        "a string": () => "secret",
        "nothing in the place of a key": () => undefined,
        "null in the place of a key": () => null,
      };

      for (const [title, make] of Object.entries(wrong)) {
        it(`${title}, and says what would do`, async () => {
          const keys = [await keyOf(1), await make()] as CryptoKey[];
          const error = await refusalOf(() => create(keys));
          expect(error.message).to.match(/CryptoKey for HMAC with SHA-256.*32 bytes.*generateKey/s);
        });
      }

      const noRing: Record<string, () => unknown> = {
        "an empty ring": () => [],
        "no keys at all": () => undefined,
        "null for all keys": () => null,
        "a single key without its array": () => keyOf(1),
        "a string in place of keys": () => "secret",
      };
      for (const [title, make] of Object.entries(noRing)) {
        it(`${title}, and says what would do`, async () => {
          const keys = (await make()) as CryptoKey[];
          const error = await refusalOf(() => create(keys));
          expect(error.message).to.match(/keys must be an array.*generateKeysFromBase64/s);
        });
      }

      for (const isExtractable of [true, false]) {
        const keyKind = isExtractable ? "extractable" : "non-extractable";
        it(`two ${keyKind} keys that are equal`, async () => {
          const keys = [keyOf(1, isExtractable), keyOf(2), keyOf(1, isExtractable)];
          const ring = await Promise.all(keys);
          const error = await refusalOf(() => create(ring));
          expect(error.message).to.match(/same key twice/);
        });
      }
    });

    it("is refused by every request for as long as it is wrong", async () => {
      const store = create(async () => []);
      for (let attempt = 0; attempt < 3; attempt++) {
        expect(await rejectionOf(seal(store, TEXT))).to.be.instanceOf(TypeError);
      }
    });
  });
}

/** At construction where that can be, at the first use elsewhere. */
async function refusalOf(create: () => SealedStore): Promise<TypeError> {
  let error: unknown;
  try {
    await seal(create(), TEXT);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).to.be.instanceOf(TypeError);
  return error as TypeError;
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
