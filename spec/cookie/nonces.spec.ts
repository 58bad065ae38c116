import { expect } from "chai";
import { EncryptedCookieStore } from "../../lib/index.js";
import { randomBytes } from "../../lib/platform/crypto.js";
import { runs } from "../support/runs.js";
import { keyOf, now, scopeOf } from "../support/sealed-stores.js";

const MILLION = 1_000_000;

// Two values with the same key and nonce reveal the difference of their texts. They also let an
// attacker forge further values.
describe("The nonces of encrypted values", function () {
  this.timeout(180_000);

  it("are distinct over a million seals", async () => {
    const store = new EncryptedCookieStore([await keyOf(1)]);
    const next = { text: "{}", created: now(), expires: now() + 3600 };
    const scope = scopeOf();
    const count = runs(MILLION);
    const nonces = new Set<string>();
    for (let i = 0; i < count; i++) {
      const { value } = await store.save(null, next, scope);
      // Bytes 12 to 26 of the frame: the last header byte, the nonce, and two bytes of ciphertext.
      nonces.add(value.slice(16, 36));
    }
    expect(nonces.size).to.equal(count);
  });

  it("are distinct across stores and concurrent seals", async () => {
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

  it("do not change when other nonces of the same pool are overwritten", async () => {
    const first = randomBytes(12);
    const copy = Buffer.from(first);
    // These are more bytes than the pool holds, so the pool has been refilled.
    for (let i = 0; i < 500; i++) randomBytes(12).fill(0);
    expect(copy.equals(first)).to.equal(true);
    expect(first.some((byte) => byte !== 0)).to.equal(true);
  });

  it("have the requested length and evenly distributed bytes", async () => {
    const counts = new Uint32Array(256);
    let drawn = 0;
    for (let i = 0; i < runs(20_000); i++) {
      for (const length of [1, 12, 32]) {
        const bytes = randomBytes(length);
        expect(bytes.length).to.equal(length);
        for (const byte of bytes) counts[byte]!++;
        drawn += length;
      }
    }
    // Eight standard deviations. A stuck bit or a half-filled pool deviates far more.
    const expected = drawn / 256;
    for (const count of counts) expect(count).to.be.closeTo(expected, 8 * Math.sqrt(expected));
  });
});
