import { expect } from "chai";
import { cookieHooksOf } from "../../lib/testing.js";
import { keyOf, now, scopeOf, SEALED_STORES } from "../support/sealed-stores.js";

// A turn of the event loop costs more than the cryptography itself.
for (const { aName, create } of SEALED_STORES) {
  describe(`On node:crypto, ${aName} store`, () => {
    const next = { text: '{"user":1}', created: now(), expires: now() + 3600 };

    it("seals synchronously, without a promise", async () => {
      const store = create([await keyOf(1), await keyOf(2)]);
      const value = cookieHooksOf(store).seal(next, scopeOf());
      expect(value).to.be.a("string");
      expect(store.load(value as string, scopeOf())).to.deep.include(next);
    });

    it("opens synchronously, without a promise", async () => {
      const keys = [await keyOf(1), await keyOf(2)];
      const { value } = await create(keys).save(null, next, scopeOf());
      expect(create(keys).load(value, scopeOf())).to.deep.include(next);
    });

    it("opens synchronously with non-extractable keys, once it has their subkeys", async () => {
      const store = create([await keyOf(1, false)]);
      const { value } = await store.save(null, next, scopeOf());
      expect(store.load(value, scopeOf())).to.deep.include(next);
    });

    it("opens synchronously once it has waited for its keys", async () => {
      const store = create(async () => [await keyOf(1)]);
      const { value } = await store.save(null, next, scopeOf());
      expect(store.load(value, scopeOf())).to.deep.include(next);
    });

    it("rejects wrong keys in its constructor", async () => {
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
