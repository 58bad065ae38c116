import { expect } from "chai";
import { keyOf, now, scopeOf, SEALED_STORES } from "../support/sealed-stores.js";

// What a turn of the event loop costs is more than the cryptography itself.
for (const { aName, create } of SEALED_STORES) {
  describe(`On node:crypto, ${aName} store`, () => {
    const next = { text: '{"user":1}', created: now(), expires: now() + 3600 };

    it("seals and opens at once, without a promise", async () => {
      const store = create([await keyOf(1), await keyOf(2)]);
      const saved = store.save(null, next, scopeOf()) as Awaited<ReturnType<typeof store.save>>;
      expect(saved.value).to.be.a("string");
      expect(store.load(saved.value, scopeOf())).to.deep.include(next);
    });

    it("does so even with keys that may not be exported, once their subkeys are there", async () => {
      const store = create([await keyOf(1, false)]);
      const { value } = await store.save(null, next, scopeOf());
      expect(store.load(value, scopeOf())).to.deep.include(next);
      expect(store.save(null, next, scopeOf())).to.have.property("value");
    });

    it("does so even with keys that were waited for", async () => {
      const store = create(async () => [await keyOf(1)]);
      const { value } = await store.save(null, next, scopeOf());
      expect(store.load(value, scopeOf())).to.deep.include(next);
    });

    it("refuses wrong keys at construction", async () => {
      const key = await keyOf(1);
      const other = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, true, [
        "sign",
      ]);
      expect(() => create([])).to.throw(TypeError, /at least one key/);
      expect(() => create(undefined as never)).to.throw(TypeError, /at least one key/);
      expect(() => create([key, key])).to.throw(TypeError, /same key twice/);
      expect(() => create([key, other])).to.throw(TypeError, /HMAC with SHA-256/);
    });
  });
}
