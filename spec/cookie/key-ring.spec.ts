import { expect } from "chai";
import { watchCrypto, type CryptoCalls } from "../support/crypto-calls.js";
import { expectUsageError } from "../support/expect-usage-error.js";
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

    it("opens values of all its keys, and marks those of older keys as outdated", async () => {
      const store = create(await Promise.all([1, 2, 3].map(async (byte) => keyOf(byte))));
      for (const byte of [1, 2, 3]) {
        const value = await seal(create([await keyOf(byte)]), TEXT);
        expect(await open(store, value)).to.include({ text: TEXT, outdated: byte !== 1 });
      }
    });

    it("does not open a value that a removed key sealed", async () => {
      const value = await seal(create([await keyOf(1)]), TEXT);
      expect(await open(create([await keyOf(2)]), value)).to.equal("unknown-key");
    });

    it("lets old and new instances open each other's values during a rotation", async () => {
      const [oldKey, newKey] = [await keyOf(1), await keyOf(2)];
      const before = create([oldKey, newKey]);
      const after = create([newKey, oldKey]);
      expect(await open(after, await seal(before, TEXT))).to.include({ outdated: true });
      expect(await open(before, await seal(after, TEXT))).to.include({ outdated: true });
    });

    for (const isExtractable of [true, false]) {
      const keyKind = isExtractable ? "extractable" : "non-extractable";

      it(`accepts ${keyKind} keys`, async () => {
        const store = create([await keyOf(1, isExtractable), await keyOf(2, isExtractable)]);
        const value = await seal(store, TEXT);
        expect(await open(store, value)).to.include({ text: TEXT, outdated: false });
        // The extractable and the non-extractable form of a key are interchangeable.
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
          await seal(store, TEXT); // creates the ring, if the constructor has not done so
          calls = watchCrypto();
        });

        afterEach(() => calls.restore());

        it("tries only the key whose ID is in the value", async () => {
          for (const byte of [0, 7, 15]) {
            calls.restore();
            const value = await seal(create([await keyOf(byte)]), TEXT);
            calls = watchCrypto();
            await open(store, value);
            const hasSubkey = byte === 0; // beforeEach() has sealed with this key
            const perMac = name === "signed" ? 1 : 0;
            const perCipher = name === "signed" ? 0 : 1;
            expect(calls.macs, "HMACs of the first call").to.equal((hasSubkey ? 0 : 1) + perMac);
            expect(calls.ciphers).to.equal(perCipher);

            calls.reset();
            await open(store, value);
            expect(calls.macs, "HMACs with a cached subkey").to.equal(perMac);
            expect(calls.ciphers).to.equal(perCipher);
          }
        });

        it("tries no key for an unknown key ID, another kind or a malformed value", async () => {
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

    describe("is refused", () => {
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
        "a key that can only verify": () => imported(HMAC, ["verify"]),
        "an AES key": () => imported({ name: "AES-GCM" }, ["encrypt", "decrypt"]),
        "an HKDF key": () => imported({ name: "HKDF" }, ["deriveKey"]),
        "raw bytes": () => raw,
        "a password": () => "correct horse battery staple",
        "undefined in place of a key": () => undefined,
        "null in place of a key": () => null,
      };

      for (const [title, make] of Object.entries(wrong)) {
        it(`for ${title}, and describes a valid key`, async () => {
          const keys = [await keyOf(1), await make()] as CryptoKey[];
          const error = await keyErrorOf(() => create(keys));
          expect(error.message).to.match(/CryptoKey for HMAC with SHA-256.*32 bytes.*generateKey/s);
        });
      }

      const noRing: Record<string, () => unknown> = {
        "an empty ring": () => [],
        "undefined in place of an array": () => undefined,
        "null in place of an array": () => null,
        "a single key in place of an array": () => keyOf(1),
        "a string in place of an array": () => "secret",
      };
      for (const [title, make] of Object.entries(noRing)) {
        it(`for ${title}, and describes a valid ring`, async () => {
          const keys = (await make()) as CryptoKey[];
          const error = await keyErrorOf(() => create(keys));
          expect(error.message).to.match(/keys must be an array.*process\.env\.SESSION_KEY/);
        });
      }

      for (const isExtractable of [true, false]) {
        const keyKind = isExtractable ? "extractable" : "non-extractable";
        it(`for two equal ${keyKind} keys`, async () => {
          const keys = [keyOf(1, isExtractable), keyOf(2), keyOf(1, isExtractable)];
          const ring = await Promise.all(keys);
          const error = await keyErrorOf(() => create(ring));
          expect(error.message).to.match(/same key twice/);
        });
      }
    });

    it("fails every request while its keys are invalid", async () => {
      const store = create(async () => []);
      for (let attempt = 0; attempt < 3; attempt++) {
        expectUsageError(await rejectionOf(seal(store, TEXT)));
      }
    });
  });
}

/** The constructor throws a TypeError if it can check the keys. Otherwise the first use rejects. */
async function keyErrorOf(create: () => SealedStore): Promise<Error> {
  let store: SealedStore;
  try {
    store = create();
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError);
    return error as TypeError;
  }
  const error = await rejectionOf(seal(store, TEXT));
  expectUsageError(error);
  return error;
}

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
