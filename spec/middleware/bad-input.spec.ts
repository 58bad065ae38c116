import { expect } from "chai";
import fc from "fast-check";
import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type RejectionReason,
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

/** The cookie value that a visitor gets from this store. */
async function valueFrom(store: SessionStore, cookieName = "session"): Promise<string> {
  const browser = new Browser(siteOf(store, cookieName).site);
  await browser.get("/visit");
  return browser.cookie(cookieName)!;
}

function unsigned(text: string, now = Math.floor(Date.now() / 1000)): string {
  return Buffer.from(`1.${now}.${now + 3600}.${text}`).toString("base64url");
}

/** Changes the third-last character of a value. In a sealed value, it belongs to the seal. */
function altered(value: string): string {
  const at = value.length - 3;
  return value.slice(0, at) + (value[at] === "A" ? "B" : "A") + value.slice(at + 1);
}

/** Expects the same behaviour as without a cookie, plus a `fresh` event with the reason. */
async function expectFresh({ site, events }: Site, value: string, reason: RejectionReason) {
  events.length = 0;
  const browser = new Browser(site);
  browser.setCookie("session", value);
  const response = await browser.get("/");
  expect(response.status).to.equal(200);
  expect(await response.json()).to.deep.include({ hits: 0, isFresh: true });
  expect(events).to.deep.equal([{ type: "fresh", reason }]);
  expect(response.headers.getSetCookie()).to.deep.equal([]);

  // The next save replaces the bad cookie.
  expect(await (await browser.get("/visit")).json()).to.equal(1);
  expect(browser.cookie("session")).to.be.a("string").and.not.equal(value);
  expect(await (await browser.get("/visit")).json()).to.equal(2);
  expect(site.errors).to.deep.equal([]);
}

describe("A request with a bad cookie", () => {
  const UNKNOWN_ID = "MfHXxMsBQmHBrQRULY6T4-sTxXqCKXzpsVWnT5mEYkc";

  for (const [name, create] of Object.entries(stores)) {
    describe(`with ${name}`, () => {
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
        it(`gets a fresh session if the value is malformed: ${shown}`, async () => {
          await expectFresh(siteOf(create()), encodeURIComponent(value), "malformed");
        });
      }

      it("gets a fresh session without an event if the value is empty", async () => {
        const { site, events } = siteOf(create());
        const response = await new Browser(site).get("/", { cookie: "session=" });
        expect(await response.json()).to.deep.include({ hits: 0, isFresh: true });
        expect(events).to.deep.equal([]);
      });

      it("gets a fresh session if the session has expired", async () => {
        const clock = new Clock();
        try {
          const store = create();
          const value = await valueFrom(store);
          clock.pass(86_400);
          // The memory store returns no expired record, so it cannot report "expired".
          const reason = store instanceof UnsafeMemoryStore ? "unknown" : "expired";
          await expectFresh(siteOf(store), value, reason);
        } finally {
          clock.restore();
        }
      });

      it("gets a fresh session for any bytes in the Cookie header", async () => {
        const store = create();
        const { site } = siteOf(store);
        // A header can hold all bytes except NUL, CR and LF (RFC 9110, 5.5).
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

      it("never gets a 500 for a mutation of a valid value", async () => {
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
            // An unsigned value has no seal, so a mutation can be another valid value.
            if (store instanceof UnsignedCookieStore) return;
            expect(isFresh).to.equal(true);
            if (sent !== "") expect(events[0]).to.have.property("type", "fresh");
          }),
          { numRuns: 150 },
        );
      });
    });
  }

  describe("from another store, key or cookie name", () => {
    for (const [of, to, reason] of [
      ["SignedCookieStore", "EncryptedCookieStore", "other-store"],
      ["SignedCookieStore", "UnsignedCookieStore", "other-store"],
      ["SignedCookieStore", "UnsafeMemoryStore", "malformed"],
      ["EncryptedCookieStore", "SignedCookieStore", "other-store"],
      ["EncryptedCookieStore", "UnsignedCookieStore", "other-store"],
      ["EncryptedCookieStore", "UnsafeMemoryStore", "malformed"],
      // No downgrade: a sealed store must reject values that any client can forge
      // (CVE-2026-39324 in rack-session).
      ["UnsignedCookieStore", "SignedCookieStore", "malformed"],
      ["UnsignedCookieStore", "EncryptedCookieStore", "malformed"],
      ["UnsignedCookieStore", "UnsafeMemoryStore", "malformed"],
    ] as const) {
      it(`gets a fresh session if ${of} wrote the value and ${to} reads it: ${reason}`, async () => {
        await expectFresh(siteOf(stores[to]!()), await valueFrom(stores[of]!()), reason);
      });
    }

    for (const to of ["SignedCookieStore", "EncryptedCookieStore", "UnsignedCookieStore"]) {
      it(`gets a fresh session if the value is a session ID and ${to} reads it`, async () => {
        await expectFresh(siteOf(stores[to]!()), UNKNOWN_ID, "malformed");
      });
    }

    for (const name of ["SignedCookieStore", "EncryptedCookieStore"]) {
      it(`gets a fresh session if a value of ${name} is tampered`, async () => {
        const value = altered(await valueFrom(stores[name]!()));
        await expectFresh(siteOf(stores[name]!()), value, "tampered");
      });

      it(`gets a fresh session if ${name} made the value for another cookie name`, async () => {
        // CVE-2023-48309 in NextAuth: a token for one purpose was accepted for another.
        const value = await valueFrom(stores[name]!(), "prefs");
        await expectFresh(siteOf(stores[name]!()), value, "tampered");
      });
    }

    it("gets a fresh session if UnsafeMemoryStore made the ID for another cookie name", async () => {
      const store = new UnsafeMemoryStore();
      await expectFresh(siteOf(store), await valueFrom(store, "prefs"), "unknown");
    });

    for (const Store of [SignedCookieStore, EncryptedCookieStore]) {
      it(`gets a fresh session if the key ring of ${Store.name} does not hold the key of the value`, async () => {
        const value = await valueFrom(new Store([await Store.generateKey()]));
        await expectFresh(siteOf(new Store(keys)), value, "unknown-key");
      });
    }

    it("cannot choose the ID of the new session", async () => {
      const store = new UnsafeMemoryStore();
      const { site, events } = siteOf(store);
      const browser = new Browser(site);
      browser.setCookie("session", UNKNOWN_ID);
      await browser.get("/visit");
      expect(browser.cookie("session")).to.not.equal(UNKNOWN_ID);
      expect(events).to.deep.equal([{ type: "fresh", reason: "unknown" }, { type: "saved" }]);
      // An attacker who planted the ID does not share the session.
      const planted = await new Browser(site).get("/", { cookie: `session=${UNKNOWN_ID}` });
      expect(await planted.json()).to.deep.include({ hits: 0, isFresh: true });
    });
  });

  describe("with invalid content", () => {
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
      it(`gets a fresh session if the data is the text ${text || "(empty)"}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), unsigned(text), "invalid");
      });
    }

    for (const [what, value] of [
      ["times in exponent notation", Buffer.from('1.9e9.1e99.{"hits":7}').toString("base64url")],
      ["negative times", Buffer.from('1.-1.5.{"hits":7}').toString("base64url")],
      ["another format version", Buffer.from('2.0.4000000000.{"hits":7}').toString("base64url")],
    ] as const) {
      it(`gets a fresh session if the value has ${what}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), value, "malformed");
      });
    }

    for (const [what, created, expires] of [
      ["the session begins in the future", 3600, 7200],
      ["the expiry is beyond the absolute timeout", -1, 40 * 86_400],
      ["the session is older than the absolute timeout", -31 * 86_400, 60],
    ] as const) {
      it(`gets a fresh session if ${what}`, async () => {
        const now = Math.floor(Date.now() / 1000);
        const text = `1.${now + created}.${now + expires}.{"hits":7}`;
        const value = Buffer.from(text).toString("base64url");
        await expectFresh(siteOf(new UnsignedCookieStore()), value, "expired");
      });
    }

    for (const [what, text, reason] of [
      ["a number that JSON.parse() reads as Infinity", '{"hits":1e999}', "invalid"],
      ["more data than fits into a cookie", `{"hits":7,"more":"${"x".repeat(4000)}"}`, "malformed"],
    ] as const) {
      it(`gets a fresh session, and no later error, if the value has ${what}`, async () => {
        await expectFresh(siteOf(new UnsignedCookieStore()), unsigned(text), reason);
      });
    }

    it("gets a fresh session if the app's own parse returns a key __proto__", async () => {
      const store = new UnsignedCookieStore({ parse: (text) => JSON.parse(text) as object });
      await expectFresh(
        siteOf(store),
        unsigned('{"hits":7,"__proto__":{"admin":true}}'),
        "invalid",
      );
    });

    it("gets a fresh session if the app's own parse throws", async () => {
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
