import { expect } from "chai";
import fc from "fast-check";
import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
} from "../../lib/index.js";
import type { BaseStore } from "../../lib/records/base-store.js";
import { sealIndependently } from "../support/independent-decoder.js";
import { runs } from "../support/runs.js";
import { keyOf, now, open, scopeOf, seal, SEALED_STORES } from "../support/sealed-stores.js";

const TEXT = '{"role":"admin"}';
/** Cookie names are tokens (RFC 6265). Some of the generated names contain each other. */
const cookieName = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "-", "0", "1"), minLength: 1, maxLength: 4 }),
  fc.stringMatching(/^[!#$%&'*+\-.^_`|~\w]{1,40}$/),
);

for (const { aName, create } of SEALED_STORES) {
  describe(`A value that ${aName} store has sealed`, function () {
    this.timeout(60_000);

    it("is rejected under another cookie name (CVE-2023-48309 in NextAuth)", async () => {
      const store = create([await keyOf(1)]);
      await fc.assert(
        fc.asyncProperty(cookieName, cookieName, async (one, other) => {
          const value = await seal(store, TEXT, scopeOf({ cookieName: one }));
          const found = await open(store, value, scopeOf({ cookieName: other }));
          if (one === other) expect(found).to.be.an("object");
          else expect(found).to.equal("tampered");
        }),
        { numRuns: runs(5000) },
      );
    });

    it("is rejected as unknown-key by a store with another key", async () => {
      const [one, other] = [create([await keyOf(1)]), create([await keyOf(2)])];
      expect(await open(other, await seal(one, TEXT))).to.equal("unknown-key");
    });

    it("is rejected as tampered by another key with the same key ID", async () => {
      const value = await seal(create([await keyOf(1)]), TEXT);
      const frame = Buffer.from(value, "base64url");
      const store = create([await keyOf(2)]);
      Buffer.from(await seal(store, TEXT), "base64url").copy(frame, 1, 1, 5);
      expect(await open(store, frame.toString("base64url"))).to.equal("tampered");
    });

    it("is opened by another instance with the same key", async () => {
      const value = await seal(create([await keyOf(1)]), TEXT);
      expect(await open(create([await keyOf(1)]), value)).to.include({ text: TEXT });
    });
  });
}

describe("With the same keys,", () => {
  const stores: { name: string; create: () => Promise<BaseStore> }[] = [
    { name: "signed", create: async () => new SignedCookieStore([await keyOf(1)]) },
    { name: "encrypted", create: async () => new EncryptedCookieStore([await keyOf(1)]) },
    { name: "unsigned", create: async () => new UnsignedCookieStore() },
    { name: "memory", create: async () => new UnsafeMemoryStore() },
  ];
  const next = { text: TEXT, created: now(), expires: now() + 3600 };

  for (const one of stores) {
    for (const other of stores.filter((store) => store !== one)) {
      // A store must not fall back to a weaker format (CVE-2026-39324 in rack-session).
      it(`the ${other.name} store rejects values of the ${one.name} store`, async () => {
        const saved = await (await one.create()).save(null, next, scopeOf());
        const found = await (await other.create()).load(saved!.value, scopeOf());
        // A session ID is random. It can begin with the first byte of a sealed value.
        expect(found).to.be.oneOf(["malformed", "other-store", "unknown-key"]);
        const sealedElsewhere = one.name === "signed" || one.name === "encrypted";
        if (sealedElsewhere && other.name !== "memory") expect(found).to.equal("other-store");
      });
    }
  }

  for (const { name, aName, create } of SEALED_STORES) {
    const otherByte = name === "signed" ? 0x11 : 0x49;
    const other = SEALED_STORES.find((store) => store.name !== name)!;

    it(`${aName} value with the kind byte of ${other.aName} value is tampered`, async () => {
      const frame = Buffer.from(await seal(create([await keyOf(1)]), TEXT.repeat(3)), "base64url");
      frame[0] = otherByte;
      const found = await open(other.create([await keyOf(1)]), frame.toString("base64url"));
      expect(found).to.equal("tampered");
    });

    it(`${aName} value with any other version byte is rejected`, async () => {
      const frame = Buffer.from(await seal(create([await keyOf(1)]), TEXT), "base64url");
      for (let first = 0; first < 256; first++) {
        if (first === frame[0]) continue;
        const changed = Buffer.from(frame);
        changed[0] = first;
        const found = await open(create([await keyOf(1)]), changed.toString("base64url"));
        expect(found).to.equal(first === otherByte ? "other-store" : "malformed");
      }
    });
  }

  it("a value under the subkey of the other kind is tampered", async () => {
    const key = Buffer.alloc(32, 1);
    const times = { created: now(), expires: now() + 3600, text: TEXT, cookieName: "session" };
    const nonce = Buffer.alloc(12);
    // The foreign value has the frame of this kind, but the subkey of the other kind sealed it.
    for (const { name, create } of SEALED_STORES) {
      const genuine = sealIndependently({ ...times, kind: name, key, nonce });
      expect(await open(create([await keyOf(1)]), genuine)).to.be.an("object");
      const otherKind = name === "signed" ? "encrypted" : "signed";
      const foreign = sealIndependently({
        ...times,
        kind: name,
        key,
        nonce,
        subkeyKind: otherKind,
      });
      expect(await open(create([await keyOf(1)]), foreign)).to.equal("tampered");
    }
  });
});
