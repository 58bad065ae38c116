import { expect } from "chai";
import { session, SessionError, UnsafeMemoryStore, type SessionData } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

class Point {
  x = 1;
}

const cycle: SessionData = {};
cycle.self = { cycle };

const unfit: Record<string, unknown> = {
  "a bigint": 1n,
  "a function": () => {},
  "a symbol": Symbol("secret"),
  NaN: NaN,
  Infinity,
  "a Map": new Map([["secret", 1]]),
  "a Set": new Set(["secret"]),
  "an instance of a class": new Point(),
  "an error": new Error("secret"),
  "a promise": Promise.resolve("secret"),
  "a regular expression": /secret/,
  "a typed array": new Uint8Array(2),
  "an object with a symbol as key": { [Symbol("secret")]: 1 },
  "a cycle": cycle,
  "undefined in an array": [1, undefined],
  "a toJSON() that returns a Set": { toJSON: () => ({ roles: new Set(["secret"]) }) },
  "a toJSON() that returns NaN": { toJSON: () => NaN },
  "a deeply nested function": { list: [{ secret() {} }] },
};

const fit: Record<string, unknown> = {
  null: null,
  "an empty object": {},
  "nested lists": [[1], [{ a: [] }]],
  "a string with unusual characters": "ä€😀\u2028\0\ud800",
  "a negative number": -1.5e-7,
  "one object twice, without a cycle": (() => {
    const once = { a: 1 };
    return [once, once];
  })(),
  "an instance whose toJSON() returns itself": new (class {
    x = 1;
    toJSON() {
      return this;
    }
  })(),
  "a toJSON() that returns plain values": { toJSON: () => ({ a: [1, "b", new Date(0)] }) },
  "an object without a prototype": Object.assign(Object.create(null), { a: 1 }),
};

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, session data`, () => {
    let value: unknown;
    const siteOf = () =>
      app(
        { store: create(), defaultSessionData: {} },
        {
          "/": (ctx) => ctx.session.data,
          "/begin": (ctx) => {
            ctx.session.data.n = 1;
          },
          "/set": (ctx) => {
            ctx.session.data.profile = value;
          },
          "/update": (ctx) =>
            ctx.session.update((data) => {
              data.profile = value;
            }),
          "/logout": async (ctx) => {
            await ctx.session.destroy();
            ctx.session.data.profile = value;
          },
        },
      );

    for (const [what, thing] of Object.entries(unfit)) {
      it(`cannot hold ${what}, and the error names the key`, async () => {
        const site = siteOf();
        const browser = new Browser(site);
        await browser.get("/begin");
        value = thing;
        for (const path of ["/set", "/update"]) {
          site.errors.length = 0;
          const response = await browser.get(path);
          expect(response.status).to.equal(500);
          expect(setCookies(response)).to.deep.equal([]);
          expect(site.errors).to.have.length(1);
          const error = site.errors[0] as SessionError;
          expect(error).to.be.an.instanceOf(SessionError).with.property("code", "ERR_SESSION_DATA");
          expect(error.message).to.include('"profile"').and.not.include("secret");
        }
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
      });
    }

    for (const [what, thing] of Object.entries(fit)) {
      it(`can hold ${what}`, async () => {
        const browser = new Browser(siteOf());
        value = thing;
        expect((await browser.get("/set")).status).to.equal(200);
        const { profile } = await (await browser.get("/")).json();
        expect(profile).to.deep.equal(JSON.parse(JSON.stringify(thing)));
      });
    }

    it("stores a Date as its JSON text", async () => {
      const browser = new Browser(siteOf());
      value = new Date(0);
      await browser.get("/set");
      const { profile } = await (await browser.get("/")).json();
      expect(profile).to.equal("1970-01-01T00:00:00.000Z");
    });

    it("loses a key with the value undefined, as in JSON", async () => {
      const browser = new Browser(siteOf());
      await browser.get("/begin");
      value = undefined;
      const response = await browser.get("/set");
      expect(response.status).to.equal(200);
      expect(setCookies(response)).to.deep.equal([]);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
    });

    it("that cannot be stored does not prevent a logout", async () => {
      const site = siteOf();
      const browser = new Browser(site);
      await browser.get("/begin");
      const old = browser.cookie("session");
      value = 1n;
      expect((await browser.get("/logout")).status).to.equal(500);
      expect(site.errors[0]).to.have.property("code", "ERR_SESSION_DATA");
      if (name !== "UnsafeMemoryStore") return;
      const replayed = await new Browser(site).get("/", { cookie: `session=${old}` });
      expect(await replayed.json()).to.deep.equal({});
    });

    for (const [what, data] of [
      ["null", null],
      ["an array", []],
      ["a string", "{}"],
      ["a Map", new Map()],
      ["an instance of a class", new URL("https://example.com")],
      ["undefined", undefined],
    ] as const) {
      it(`must be a plain object, not ${what}`, async () => {
        const site = app(
          { store: create(), defaultSessionData: {} },
          {
            "/": (ctx) => {
              ctx.session.data = data as never;
            },
          },
        );
        expect((await new Browser(site).get("/")).status).to.equal(500);
        expect(site.errors[0]).to.have.property("code", "ERR_SESSION_DATA");
      });
    }
  });
}

it("Session data must be a plain object even if the app's own stringify supports other objects", async () => {
  // The library cannot see a change of a private field, and a three-way merge would lose it.
  const store = new UnsafeMemoryStore({ stringify: () => "{}" });
  const data: any = new Map();
  expect(() => session({ store, defaultSessionData: data })).to.throw(TypeError, "plain object");
  const replacing = app(
    { store, defaultSessionData: {} },
    { "/": (ctx) => void (ctx.session.data = data) },
  );
  expect((await new Browser(replacing).get("/")).status).to.equal(500);
  expect(replacing.errors[0]).to.have.property("code", "ERR_SESSION_DATA");
  const making = app(
    { store, defaultSessionData: () => data },
    { "/": (ctx) => ctx.session.isFresh },
  );
  expect((await new Browser(making).get("/")).status).to.equal(500);
  expectUsageError(making.errors[0]);
});
