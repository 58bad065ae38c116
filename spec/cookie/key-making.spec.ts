import { expect } from "chai";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { EncryptedCookieStore, SignedCookieStore } from "../../lib/index.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { open, seal } from "../support/sealed-stores.js";

for (const Store of [SignedCookieStore, EncryptedCookieStore]) {
  describe(`The key methods of ${Store.name}:`, () => {
    describe("generateKey()", () => {
      it("creates a random, extractable HMAC key of 32 bytes", async () => {
        const key = await Store.generateKey();
        expect(key).to.include({ type: "secret", extractable: true });
        expect(key.usages).to.deep.equal(["sign"]);
        expect(key.algorithm).to.deep.include({ name: "HMAC", length: 256 });
        expect((key.algorithm as HmacKeyAlgorithm).hash.name).to.equal("SHA-256");
        expect(await Store.exportKey(key)).to.not.equal(
          await Store.exportKey(await Store.generateKey()),
        );
      });
    });

    describe("exportKey()", () => {
      it("returns base64url that generateKeysFromBase64() accepts", async () => {
        const key = await Store.generateKey();
        const text = await Store.exportKey(key);
        expect(text).to.match(/^[\w-]{43}$/);
        const raw = await crypto.subtle.exportKey("raw", key);
        expect(Buffer.from(text, "base64url")).to.deep.equal(Buffer.from(raw));

        const again = new Store(await Store.generateKeysFromBase64([text]));
        const value = await seal(new Store([key]), '{"user":1}');
        expect(await open(again, value)).to.include({ text: '{"user":1}' });
      });
    });

    describe("generateKeysFromBase64()", () => {
      it("accepts base64 and base64url, with and without padding", async () => {
        for (const bytes of [Buffer.alloc(32, 0xfb), Buffer.alloc(32, 0xff), randomBytes(32)]) {
          const base64 = bytes.toString("base64");
          const base64url = bytes.toString("base64url");
          const encodings = [base64, base64.replace("=", ""), base64url, `${base64url}=`];
          for (const key of await Store.generateKeysFromBase64(encodings)) {
            expect(await Store.exportKey(key)).to.equal(base64url);
          }
        }
      });

      it("keeps the order of the keys", async () => {
        const texts = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString("base64"));
        const keys = await Store.generateKeysFromBase64(texts);
        const exported = await Promise.all(keys.map(async (key) => Store.exportKey(key)));
        expect(exported.map((text) => `${text}=`)).to.deep.equal(texts);
      });

      for (const [title, text] of Object.entries({
        "31 bytes": Buffer.alloc(31).toString("base64"),
        "33 bytes": Buffer.alloc(33).toString("base64"),
        "no bytes": "",
        "a character outside base64": `${"A".repeat(42)}!`,
        "padding in the middle": `${"A".repeat(20)}=${"A".repeat(23)}`,
        "a space": `${"A".repeat(20)} ${"A".repeat(23)}`,
        "unused bits that are not zero": `${"A".repeat(42)}B`,
        "a secret in plain text": "correct horse battery staple",
      })) {
        it(`rejects ${title}, and says how to create a key`, async () => {
          const good = Buffer.alloc(32).toString("base64");
          const error = await typeErrorOf(Store.generateKeysFromBase64([good, text]));
          expect(error.message).to.match(/32 random bytes in base64.*crypto\.randomBytes\(32\)/);
        });
      }

      it("rejects an empty list", async () => {
        const error = await typeErrorOf(Store.generateKeysFromBase64([]));
        expect(error.message).to.match(/The keys must be an array of at least one string/);
      });

      // The most common mistake: the environment variable is not set.
      it("rejects undefined, and says how to create a key", async () => {
        const error = await typeErrorOf(Store.generateKeysFromBase64([undefined as never]));
        expect(error.message).to.match(/32 random bytes in base64/);
      });
    });
  });
}

describe("SignedCookieStore.generateKeysFromSecrets()", () => {
  it("uses PBKDF2-SHA-256 with 100,000 iterations", async () => {
    for (const secret of ["secret", "Ł🔑", " ", "x".repeat(1000)]) {
      const [key] = await SignedCookieStore.generateKeysFromSecrets([secret]);
      const salt = "@hattip/session PBKDF2 1";
      const expected = pbkdf2Sync(secret, salt, 100_000, 32, "sha256").toString("base64url");
      expect(await SignedCookieStore.exportKey(key!)).to.equal(expected);
    }
  });

  it("returns usable keys in the order of the secrets", async () => {
    const keys = await SignedCookieStore.generateKeysFromSecrets(["new secret", "old secret"]);
    const before = new SignedCookieStore(
      await SignedCookieStore.generateKeysFromSecrets(["old secret"]),
    );
    const after = new SignedCookieStore(keys);
    expect(await open(after, await seal(before, "{}"))).to.include({ outdated: true });
    expect(await open(after, await seal(after, "{}"))).to.include({ outdated: false });
    expect(await open(before, await seal(after, "{}"))).to.equal("unknown-key");
  });

  it("rejects an empty list and an empty secret", async () => {
    const error = await typeErrorOf(SignedCookieStore.generateKeysFromSecrets([]));
    expect(error.message).to.match(/The secrets must be an array of at least one string/);
    await typeErrorOf(SignedCookieStore.generateKeysFromSecrets("secret" as never));
    await typeErrorOf(SignedCookieStore.generateKeysFromSecrets([""]));
    await typeErrorOf(SignedCookieStore.generateKeysFromSecrets(["secret", ""]));
  });

  // TextEncoder encodes undefined as zero bytes, and everybody can derive the key of zero bytes.
  it("rejects a secret that is not a string", async () => {
    for (const secret of [undefined, null, 0, 42, true, ["secret"], {}, new Uint8Array(3)]) {
      const error = await typeErrorOf(
        SignedCookieStore.generateKeysFromSecrets(["secret", secret as never]),
      );
      expect(error.message).to.match(/secret must/i);
    }
  });

  it("returns equal keys for equal secrets, which a store rejects", async () => {
    const keys = await SignedCookieStore.generateKeysFromSecrets(["secret", "secret"]);
    const failure: unknown = await (async () => seal(new SignedCookieStore(keys), "{}"))().catch(
      (error: unknown) => error,
    );
    // The constructor throws a TypeError if it can check the keys. Otherwise the first use rejects.
    if (!(failure instanceof TypeError)) expectUsageError(failure);
    expect(failure.message).to.match(/same key twice/);
  });

  it("does not exist for encryption, whose keys must be random", () => {
    expect(EncryptedCookieStore).to.not.have.property("generateKeysFromSecrets");
  });
});

async function typeErrorOf(promise: Promise<unknown>): Promise<TypeError> {
  const error = await promise.then(
    () => expect.fail("The promise resolved."),
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(TypeError);
  return error as TypeError;
}
