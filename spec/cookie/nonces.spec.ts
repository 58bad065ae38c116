import { expect } from "chai";
import { EncryptedCookieStore } from "../../lib/index.js";
import { cryptoEngine } from "../../lib/platform/crypto.js";
import { runs } from "../support/runs.js";
import { keyOf, now, scopeOf } from "../support/sealed-stores.js";

const MILLION = 1_000_000;

// Two values under one nonce tell their difference, and let whoever has both forge others.
describe("The nonces of encrypted values", function () {
  this.timeout(180_000);

  it("are distinct over a million seals", async () => {
    const store = new EncryptedCookieStore([await keyOf(1)]);
    const next = { text: "{}", created: now(), expires: now() + 3600 };
    const scope = scopeOf();
    const count = runs(MILLION);
    const nonces = new Set<string>();
    for (let i = 0; i < count; i++) {
      const saved = store.save(null, next, scope);
      const { value } = saved instanceof Promise ? await saved : (saved as Awaited<typeof saved>);
      // Bytes 12 to 26 of the frame: the last of the header, the nonce, and two of the ciphertext.
      nonces.add(value.slice(16, 36));
    }
    expect(nonces.size).to.equal(count);
  });

  it("are distinct between stores, and between seals at once", async () => {
    const stores = [1, 2, 3].map(async (byte) => new EncryptedCookieStore([await keyOf(byte)]));
    const ready = await Promise.all(stores);
    const next = { text: "{}", created: now(), expires: now() + 3600 };
    const saved = Array.from({ length: runs(10_000) }, async (_, i) =>
      ready[i % 3]!.save(null, next, scopeOf()),
    );
    const nonces = (await Promise.all(saved)).map(({ value }) =>
      Buffer.from(value, "base64url").toString("hex", 13, 25),
    );
    expect(new Set(nonces)).to.have.lengthOf(saved.length);
  });

  it("are not touched by what their neighbours in the pool become", async () => {
    const engine = await cryptoEngine();
    const first = engine.randomBytes(12);
    const copy = Buffer.from(first);
    // More than a pool: it has been filled again by now.
    for (let i = 0; i < 500; i++) engine.randomBytes(12).fill(0);
    expect(copy.equals(first)).to.equal(true);
    expect(first.some((byte) => byte !== 0)).to.equal(true);
  });

  it("are as long as was asked for, and evenly spread", async () => {
    const engine = await cryptoEngine();
    const counts = new Uint32Array(256);
    let drawn = 0;
    for (let i = 0; i < runs(20_000); i++) {
      for (const length of [1, 12, 32]) {
        const bytes = engine.randomBytes(length);
        expect(bytes.length).to.equal(length);
        for (const byte of bytes) counts[byte]!++;
        drawn += length;
      }
    }
    // Eight standard deviations: a stuck bit or a half-filled pool is far beyond.
    const expected = drawn / 256;
    for (const count of counts) expect(count).to.be.closeTo(expected, 8 * Math.sqrt(expected));
  });
});
