import { expect } from "chai";
import fc from "fast-check";
import { SimpleCookieStore, UnsignedCookieStore, type RejectionReason } from "../../lib/index.js";
import type { LoadedSession } from "../../lib/records/store.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { now, scopeOf } from "../support/sealed-stores.js";

describe("UnsignedCookieStore", function () {
  this.timeout(60_000);
  const store = new UnsignedCookieStore();
  const times = { created: now() - 10, expires: now() + 3600 };

  async function seal(text: string): Promise<string> {
    return (await store.save(null, { text, ...times }, scopeOf())).value;
  }

  async function open(
    value: string,
    by: UnsignedCookieStore = store,
  ): Promise<LoadedSession | RejectionReason> {
    return by.load(value, scopeOf());
  }

  function encode(record: string): string {
    return Buffer.from(record).toString("base64url");
  }

  it("is also exported as SimpleCookieStore", () => {
    expect(SimpleCookieStore).to.equal(UnsignedCookieStore);
  });

  it("writes version, created, expires and data as base64url text", async () => {
    const value = await seal('{"theme":"dark"}');
    expect(value).to.match(/^[\w-]+$/);
    const record = Buffer.from(value, "base64url").toString();
    expect(record).to.equal(`1.${times.created}.${times.expires}.{"theme":"dark"}`);
  });

  it("reads its own values, with random data", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()),
        async (data) => {
          const text = JSON.stringify(data);
          const value = await seal(text);
          const found = await open(value);
          expect(found).to.deep.include({ value, text, ...times, outdated: false });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("rejects values in any other format", async () => {
    const { created, expires } = times;
    for (const record of [
      "",
      "{}",
      `2.${created}.${expires}.{}`,
      `1.${created}.{}`,
      `1.${created}.${expires}`,
      `1.-${created}.${expires}.{}`,
      `1.0${created}.${expires}.{}`,
      `1.${created}.5${expires}0.{}`,
      `1.${created}e0.${expires}.{}`,
      ` 1.${created}.${expires}.{}`,
    ]) {
      expect(await open(encode(record)), record).to.equal("malformed");
    }
    const value = await seal("{}");
    for (const text of [`${value}=`, ` ${value}`, `${value}!`, `1.${created}.${expires}.{}`]) {
      expect(await open(text), text).to.equal("malformed");
    }
  });

  it("rejects random text without an exception", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.boolean(), async (text, encoded) => {
        expect(await open(encoded ? encode(text) : text)).to.be.a("string");
      }),
      { numRuns: 2000 },
    );
  });

  it("rejects expired and impossible timestamps", async () => {
    const { created, expires } = times;
    expect(await open(encode(`1.${created}.${now() - 1}.{}`))).to.equal("expired");
    expect(await open(encode(`1.${created}.${now() + 1e8}.{}`))).to.equal("expired");
    expect(await open(encode(`1.${now() + 3600}.${expires + 3600}.{}`))).to.equal("expired");
  });

  it("rejects data that parse rejects, and data that are not an object", async () => {
    const validating = new UnsignedCookieStore({
      parse(text) {
        const data = JSON.parse(text) as { theme?: unknown };
        if (data.theme !== "dark" && data.theme !== "light") throw new Error("unknown theme");
        return data;
      },
    });
    expect(await open(await seal('{"theme":"dark"}'), validating)).to.be.an("object");
    expect(await open(await seal('{"theme":"<script>"}'), validating)).to.equal("invalid");
    for (const text of ["1", '"text"', "true", "null", "[]", "no JSON"]) {
      expect(await open(await seal(text))).to.equal("invalid");
      expect(await open(await seal(text), validating)).to.equal("invalid");
    }
  });

  it("rejects data that would be too large for a cookie when written again", async () => {
    const { created, expires } = times;
    const large = `{"a":[${Array(400).fill("1e20").join()}]}`; // JSON.stringify() writes 21 digits for each
    expect(await open(encode(`1.${created}.${expires}.${large}`))).to.equal("invalid");
    const small = '{"a":[1e20,1e3]}';
    expect(await open(encode(`1.${created}.${expires}.${small}`))).to.be.an("object");
    const invalidUtf8 = [Buffer.from(`1.${created}.${expires}.{"a":"`), Buffer.alloc(2600, 0xff)];
    const value = Buffer.concat([...invalidUtf8, Buffer.from('"}')]).toString("base64url");
    expect(await open(value)).to.equal("malformed");
    expect(await open(await seal('{"a":"\uFFFD"}'))).to.be.an("object");
    const filling = new UnsignedCookieStore({ parse: () => ({ filling: "x".repeat(4000) }) });
    expect(await open(await seal("{}"), filling)).to.equal("invalid");
  });

  it("rejects data that its own stringify refuses, instead of failing every request", async () => {
    const strict = new UnsignedCookieStore({
      stringify(data) {
        if ("theme" in data && data.theme !== "dark") throw new Error("unknown theme");
        return JSON.stringify(data);
      },
    });
    expect(await open(await seal('{"theme":"dark"}'), strict)).to.be.an("object");
    expect(await open(await seal('{"theme":"pink"}'), strict)).to.equal("invalid");
  });

  // An own key __proto__ turns into a prototype as soon as somebody copies the object.
  it("removes __proto__ keys from the data", async () => {
    const poisoned = [
      '{"__proto__":{"admin":true},"a":{"__proto__":{"admin":true}}}',
      '{"\\u005f_proto__":{"admin":true},"a":{"_\\u005Fproto__":{"admin":true}}}',
    ];
    for (const text of poisoned) {
      const found = (await open(await seal(text))) as LoadedSession;
      const data = found.data as { a: object };
      expect(Object.keys(data)).to.deep.equal(["a"]);
      expect(Object.keys(data.a)).to.deep.equal([]);
      expect(Object.assign({}, data, data.a)).to.not.have.property("admin");
    }
    expect({}).to.not.have.property("admin");
  });

  it("rejects an unknown option", () => {
    const options = { validate: JSON.parse } as object;
    expect(() => new UnsignedCookieStore(options)).to.throw(
      TypeError,
      /^UnsignedCookieStore has no option validate/,
    );
  });

  it("uses the options stringify and parse", async () => {
    const own = new UnsignedCookieStore({
      stringify: (data) => `<${JSON.stringify(data)}>`,
      parse: (text) => JSON.parse(text.slice(1, -1)) as object,
    });
    expect(own.codec.serialize({ theme: "dark" })).to.equal('<{"theme":"dark"}>');
    const found = await open(await seal('<{"theme":"dark"}>'), own);
    expect(found).to.deep.include({ data: { theme: "dark" } });
  });

  it("keeps the data of an app without any state on the server", async () => {
    const counter = app(
      { store, defaultSessionData: { visits: 0 } },
      { "/": (ctx) => ++ctx.session.data["visits"] },
    );
    const browser = new Browser(counter);
    for (const visit of [1, 2, 3]) expect(await (await browser.get("/")).json()).to.equal(visit);
  });
});
