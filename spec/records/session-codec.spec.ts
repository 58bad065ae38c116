import { expect } from "chai";
import fc from "fast-check";
import {
  SignedCookieStore,
  UnsignedCookieStore,
  type Lifetime,
  type SerializationOptions,
} from "../../lib/index.js";
import type { LoadedSession } from "../../lib/records/store.js";
import { keyOf, now, scopeOf } from "../support/sealed-stores.js";

const lifetime: fc.Arbitrary<Lifetime> = fc.oneof(
  fc.constantFrom(undefined, "browser" as const),
  fc.integer({ min: 1, max: 1e9 }),
);

/** Writes the data's `text` without changes, so that a spec can choose the text of the record. */
const bare: SerializationOptions = {
  stringify: (data) => (data as { text: string }).text,
  parse: (text) => ({ text }),
};

describe("The stored text of a session", () => {
  async function throughStore(
    options: SerializationOptions,
    data: object,
    life: Lifetime,
  ): Promise<LoadedSession> {
    const store = new SignedCookieStore([await keyOf(1)], options);
    const times = { created: now(), expires: now() + 60 };
    const text = store.codec.serialize(data, life);
    const { value } = await store.save(null, { text, ...times }, scopeOf());
    return (await store.load(value, scopeOf())) as LoadedSession;
  }

  it("restores the data and the session's own lifetime", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.integer()), lifetime, async (data, life) => {
        fc.pre(!Object.hasOwn(data, "__proto__"));
        const found = await throughStore({}, data, life);
        expect(found.data).to.deep.equal({ ...data });
        expect(found.lifetime).to.equal(life);
      }),
    );
  });

  it("restores any text of a custom stringify, even one that looks like a lifetime", async () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom("@", "-", " ", "1", "0", "browser") }),
      fc.constantFrom("@60 {}", "@- {}", "@browser {}", "@", "@@", "@- @- "),
    );
    await fc.assert(
      fc.asyncProperty(text, lifetime, async (written, life) => {
        const found = await throughStore(bare, { text: written }, life);
        expect(found.data).to.deep.equal({ text: written });
        expect(found.lifetime).to.equal(life);
      }),
      { numRuns: 500 },
    );
  });

  it("contains a lifetime only if the session has its own", () => {
    const store = new UnsignedCookieStore();
    expect(store.codec.serialize({ n: 1 })).to.equal('{"n":1}');
    expect(store.codec.serialize({ n: 1 }, 60)).to.equal('@60 {"n":1}');
    expect(store.codec.serialize({ n: 1 }, "browser")).to.equal('@browser {"n":1}');
  });

  it("is invalid if it begins with an impossible lifetime", async () => {
    const times = { created: now(), expires: now() + 60 };
    const expectInvalid = async (text: string, options: SerializationOptions) => {
      const store = new UnsignedCookieStore(options);
      const { value } = await store.save(null, { text, ...times }, scopeOf());
      expect(await store.load(value, scopeOf()), text).to.equal("invalid");
    };
    for (const text of [
      "@{}",
      "@0 {}",
      "@-1 {}",
      "@1.5 {}",
      "@60{}",
      "@ {}",
      "@forever {}",
      // Only a client can write these. The second one would be parsed as Infinity.
      "@10000000000 {}",
      `@${"9".repeat(400)} {}`,
    ]) {
      await expectInvalid(text, {});
      await expectInvalid(text, bare); // its parse accepts any text
    }
    await expectInvalid(" @60 {}x", {});
  });

  it("is rejected if stringify throws, returns no string or leaves a lone surrogate", () => {
    for (const stringify of [() => undefined, () => 1, () => null, () => Buffer.from("{}")]) {
      const store = new UnsignedCookieStore({ stringify: stringify as never });
      expect(() => store.codec.serialize({}))
        .to.throw()
        .with.property("code", "ERR_SESSION_DATA");
    }
    const failure = new Error("not serializable");
    const throwing = new UnsignedCookieStore({
      stringify() {
        throw failure;
      },
    });
    expect(() => throwing.codec.serialize({}))
      .to.throw()
      .that.includes({ code: "ERR_SESSION_DATA", cause: failure });
    // UTF-8 cannot represent lone surrogates: they would be replaced by another character.
    for (const text of ["\ud800", "a\udfffb", "\ude00\ud83d"]) {
      expect(() => new UnsignedCookieStore(bare).codec.serialize({ text }))
        .to.throw()
        .with.property("code", "ERR_SESSION_DATA");
    }
    expect(new UnsignedCookieStore(bare).codec.serialize({ text: "😀" })).to.equal("😀");
    expect(new UnsignedCookieStore().codec.serialize({ text: "\ud800" })).to.equal(
      '{"text":"\\ud800"}',
    );
  });
});
