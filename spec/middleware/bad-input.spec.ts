import { expect } from "chai";
import fc from "fast-check";
import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type FreshReason,
  type SessionEvent,
  type SessionStore,
} from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { keys, stores } from "../support/middleware-stores.js";

interface Site {
  site: App;
  events: SessionEvent[];
}

function siteOf(store: SessionStore, cookieName = "session"): Site {
  const events: SessionEvent[] = [];
  const site = app(
    {
      store,
      cookieName,
      defaultSessionData: { hits: 0 },
      onEvent: (event) => events.push(event),
    },
    {
      "/": (ctx) => ({
        ...ctx.session.data,
        isFresh: ctx.session.isFresh,
        sent: ctx.cookie[cookieName],
      }),
      "/visit": (ctx) => ++ctx.session.data.hits,
    },
  );
  return { site, events };
}

/** What such a store gives to a visitor. */
async function valueFrom(store: SessionStore, cookieName = "session"): Promise<string> {
  const browser = new Browser(siteOf(store, cookieName).site);
  await browser.get("/visit");
  return browser.cookie(cookieName)!;
}

function unsigned(text: string, now = Math.floor(Date.now() / 1000)): string {
  return Buffer.from(`1.${now}.${now + 3600}.${text}`).toString("base64url");
}

/** The value with another last character but two: of the seal, where there is one. */
function altered(value: string): string {
  const at = value.length - 3;
  return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
}

/** Sends the value, and sees that it is treated as if there had been none, but for the event. */
async function expectFresh({ site, events }: Site, value: string, reason: FreshReason) {
  events.length = 0;
  const browser = new Browser(site);
  browser.setCookie("session", value);
  const response = await browser.get("/");
  expect(response.status).to.equal(200);
  expect(await response.json()).to.deep.include({ hits: 0, isFresh: true });
  expect(events).to.deep.equal([{ type: "fresh", reason }]);
  expect(response.headers.getSetCookie()).to.deep.equal([]);

  // And the visitor is not stuck with it.
  expect(await (await browser.get("/visit")).json()).to.equal(1);
  expect(browser.cookie("session")).to.be.a("string").and.not.equal(value);
  expect(await (await browser.get("/visit")).json()).to.equal(2);
  expect(site.errors).to.deep.equal([]);
}

describe("A request with a bad cookie", () => {
  const UNKNOWN_ID = "MfHXxMsBQmHBrQRULY6T4-sTxXqCKXzpsVWnT5mEYkc";

  for (const [name, create] of Object.entries(stores)) {
    describe(`for a session in ${name}`, () => {
      for (const value of [
        "undefined",
        "null",
        "x",
        "=",
        "%00",
        "%zz",
        "../../etc/passwd",
        "__proto__",
        "[]",
        '{"hits":7}',
        "billing:ledger",
        "session:x",
        "x".repeat(100_000),
      ]) {
        const shown = value.length > 20 ? `${value.length} characters` : value;
        it(`finds a fresh session behind ${shown}, which is malformed`, async () => {
          await expectFresh(siteOf(create()), encodeURIComponent(value), "malformed");
        });
      }

      it("finds a fresh session behind an empty cookie, and has nothing to tell of it", async () => {
        const { site, events } = siteOf(create());
        const response = await new Browser(site).get("/", { cookie: "session=" });
        expect(await response.json()).to.deep.include({ hits: 0, isFresh: true });
        expect(events).to.deep.equal([]);
      });

      it("finds a fresh session behind one that has expired", async () => {
        const clock = new Clock();
        try {
          const store = create();
          const value = await valueFrom(store);
          clock.pass(86_400);
          // What has expired in memory is not there any more.
          const reason = store instanceof UnsafeMemoryStore ? "unknown" : "expired";
          await expectFresh(siteOf(store), value, reason);
        } finally {
          clock.restore();
        }
      });

      it("finds a fresh session whatever bytes stand in the Cookie header", async () => {
        const store = create();
        const { site } = siteOf(store);
        // All that a header can hold: bytes but NUL, CR and LF (RFC 9110, 5.5).
        const bytes = fc
          .uint8Array({ maxLength: 200 })
          .map((array) => Buffer.from(array.filter((byte) => ![0, 10, 13].includes(byte))))
          .map((buffer) => buffer.toString("latin1"));
        const pairs = fc
          .array(fc.tuple(fc.constantFrom("session", "Session", "", "a", "__proto__"), bytes))
          .map((list) => list.map(([key, value]) => `${key}=${value}`).join("; "));
        const header = fc.oneof(
          bytes,
          bytes.map((value) => `session=${value}`),
          pairs,
        );
        await fc.assert(
          fc.asyncProperty(header, async (cookie) => {
            const response = await new Browser(site).get("/", { cookie });
            expect(response.status).to.equal(200);
            expect(await response.json()).to.deep.include({ hits: 0, isFresh: true });
            expect(response.headers.getSetCookie()).to.deep.equal([]);
          }),
          { numRuns: 150 },
        );
        expect(site.errors).to.deep.equal([]);
      });

      it("answers no 500 to a genuine value with any change", async () => {
        const store = create();
        const { site, events } = siteOf(store);
        const value = await valueFrom(store);
        const change = fc.tuple(
          fc.nat(value.length),
          fc.nat(3),
          fc.string({ unit: fc.constantFrom(...Array.from("AQgw09_-+/=. %~é")), maxLength: 3 }),
        );
        await fc.assert(
          fc.asyncProperty(change, async ([at, length, insertion]) => {
            events.length = 0;
            const mutant = value.slice(0, at) + insertion + value.slice(at + length);
            const response = await new Browser(site).get("/", { cookie: `session=${mutant}` });
            expect(response.status).to.equal(200);
            const { isFresh, sent } = await response.json();
            if (sent === value) return;
            // What is neither signed nor an ID may well have been changed into
            // something else that is good.
            if (store instanceof UnsignedCookieStore) return;
            expect(isFresh).to.equal(true);
            if (sent !== "") expect(events[0]).to.have.property("type", "fresh");
          }),
          { numRuns: 150 },
        );
      });
    });
  }

  describe("of another kind or of other making", () => {
    for (const [of, to, reason] of [
      ["SignedCookieStore", "EncryptedCookieStore", "other-store"],
      ["SignedCookieStore", "UnsignedCookieStore", "other-store"],
      ["SignedCookieStore", "UnsafeMemoryStore", "malformed"],
      ["EncryptedCookieStore", "SignedCookieStore", "other-store"],
      ["EncryptedCookieStore", "UnsignedCookieStore", "other-store"],
      ["EncryptedCookieStore", "UnsafeMemoryStore", "malformed"],
      // No downgrade: what anybody can write opens no sealed store
      // (CVE-2026-39324 in rack-session).
      ["UnsignedCookieStore", "SignedCookieStore", "malformed"],
      ["UnsignedCookieStore", "EncryptedCookieStore", "malformed"],
      ["UnsignedCookieStore", "UnsafeMemoryStore", "malformed"],
    ] as const) {
      it(`is no session when ${of} wrote it and ${to} reads it: ${reason}`, async () => {
        await expectFresh(siteOf(stores[to]!()), await valueFrom(stores[of]!()), reason);
      });
    }

    for (const to of ["SignedCookieStore", "EncryptedCookieStore", "UnsignedCookieStore"]) {
      it(`is no session when it is an ID and ${to} reads it`, async () => {
        await expectFresh(siteOf(stores[to]!()), UNKNOWN_ID, "malformed");
      });
    }

    for (const name of ["SignedCookieStore", "EncryptedCookieStore"]) {
      it(`is no session of ${name} with a broken seal`, async () => {
        const value = altered(await valueFrom(stores[name]!()));
        await expectFresh(siteOf(stores[name]!()), value, "tampered");
      });

      it(`is no session of ${name} when it was made for another cookie`, async () => {
        // CVE-2023-48309 in NextAuth: a token for one purpose was good for another.
        const value = await valueFrom(stores[name]!(), "prefs");
        await expectFresh(siteOf(stores[name]!()), value, "tampered");
      });
    }

    it("is no session in memory when it was made for another cookie", async () => {
      const store = new UnsafeMemoryStore();
      await expectFresh(siteOf(store), await valueFrom(store, "prefs"), "unknown");
    });

    for (const Store of [SignedCookieStore, EncryptedCookieStore]) {
      it(`is no session of ${Store.name} when the key is not in the ring`, async () => {
        const value = await valueFrom(new Store([await Store.generateKey()]));
        await expectFresh(siteOf(new Store(keys)), value, "unknown-key");
      });
    }

    it("never becomes the ID of a session that begins with it", async () => {
      const store = new UnsafeMemoryStore();
      const { site, events } = siteOf(store);
      const browser = new Browser(site);
      browser.setCookie("session", UNKNOWN_ID);
      await browser.get("/visit");
      expect(browser.cookie("session")).to.not.equal(UNKNOWN_ID);
      expect(events).to.deep.equal([{ type: "fresh", reason: "unknown" }, { type: "saved" }]);
      // Whoever planted the ID does not share the session.
      const planted = await new Browser(site).get("/", { cookie: `session=${UNKNOWN_ID}` });
      expect(await planted.json()).to.deep.include({ hits: 0, isFresh: true });
    });
  });

  describe("whose data are no data", () => {
    for (const text of [
      "1",
      "true",
      "null",
      '"a string"',
      "[]",
      "",
      "{",
      '{"a":1}}',
      "undefined",
    ]) {
      it(`finds a fresh session behind the text ${text || "of no length"}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), unsigned(text), "invalid");
      });
    }

    for (const [what, value] of [
      ["an impossible time", Buffer.from('1.9e9.1e99.{"hits":7}').toString("base64url")],
      ["a negative time", Buffer.from('1.-1.5.{"hits":7}').toString("base64url")],
      ["another version", Buffer.from('2.0.4000000000.{"hits":7}').toString("base64url")],
    ] as const) {
      it(`finds a fresh session behind ${what}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), value, "malformed");
      });
    }

    for (const [what, created, expires] of [
      ["that began in the future", 3600, 7200],
      ["longer than any session lives", -1, 40 * 86_400],
      ["older than any session becomes", -31 * 86_400, 60],
    ] as const) {
      it(`finds a fresh session behind one ${what}`, async () => {
        const now = Math.floor(Date.now() / 1000);
        const text = `1.${now + created}.${now + expires}.{"hits":7}`;
        const value = Buffer.from(text).toString("base64url");
        await expectFresh(siteOf(new UnsignedCookieStore()), value, "expired");
      });
    }

    for (const [what, text, reason] of [
      ["a number that JSON reads as Infinity", '{"hits":1e999}', "invalid"],
      ["more than a cookie holds", `{"hits":7,"more":"${"x".repeat(4000)}"}`, "malformed"],
    ] as const) {
      it(`finds a fresh session, and no later error, behind ${what}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), unsigned(text), reason);
      });
    }

    it("finds a fresh session behind a key __proto__, which the user's own parse lets in", async () => {
      const store = new UnsignedCookieStore({ parse: (text) => JSON.parse(text) as object });
      await expectFresh(
        siteOf(store),
        unsigned('{"hits":7,"__proto__":{"admin":true}}'),
        "invalid",
      );
    });

    it("finds a fresh session behind data that the validating parse refuses", async () => {
      const store = new UnsignedCookieStore({
        parse(text) {
          const data = JSON.parse(text) as { hits: unknown };
          if (typeof data.hits !== "number") throw new Error("hits must be a number");
          return data;
        },
      });
      await expectFresh(siteOf(store), unsigned('{"hits":"many"}'), "invalid");
    });
  });
});
