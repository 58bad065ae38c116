import { expect } from "chai";
import type { SessionOptions } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

const DAY = 86_400;

describe("A session", () => {
  let clock: Clock;

  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  function siteOf(options: Partial<SessionOptions> & Pick<SessionOptions, "store">) {
    const log = new EventLog();
    const site = app(
      { defaultSessionData: { hits: 0 }, onEvent: log.onEvent, ...options },
      {
        "/visit": (ctx) => ++ctx.session.data.hits,
        "/look": (ctx) => ctx.session.data.hits,
        "/remember": (ctx) => {
          ctx.session.lifetime = Number(ctx.url.searchParams.get("lifetime"));
        },
        "/elsewhere": () => "no session here",
      },
    );
    return { site, log };
  }

  /** Sends the cookie even after its Max-Age, as an attacker with a copy can. */
  async function hitsSeenWith(site: ReturnType<typeof siteOf>["site"], value: string) {
    return (await new Browser(site).get("/look", { cookie: `session=${value}` })).json();
  }

  function maxAgeOf(response: Response): string | true | undefined {
    return setCookies(response)[0]?.attributes["max-age"];
  }

  for (const [name, create] of Object.entries(stores)) {
    describe(`in ${name}`, () => {
      it("ends a day after the last request, also on the server", async () => {
        const { site } = siteOf({ store: create() });
        // There are two sessions, because reading a session renews it.
        const [browser, other] = [new Browser(site), new Browser(site)];
        expect(maxAgeOf(await browser.get("/visit"))).to.equal(String(DAY));
        await other.get("/visit");
        const values = [browser.cookie("session")!, other.cookie("session")!];
        clock.pass(DAY - 1);
        expect(await hitsSeenWith(site, values[0]!)).to.equal(1);
        clock.pass(1);
        expect(await hitsSeenWith(site, values[1]!)).to.equal(0);
      });

      it("ends at its expiry even if a client keeps the cookie", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 60 });
        const browser = new Browser(site);
        await browser.get("/visit");
        const value = browser.cookie("session")!;
        clock.pass(60);
        expect(await hitsSeenWith(site, value)).to.equal(0);
        expect(browser.cookie("session")).to.equal(undefined); // the browser has dropped it, too
      });

      // In an external store the cookie is an ID, which stays the same when the session is renewed.
      if (name !== "UnsafeMemoryStore") {
        it("does not extend old copies of its cookie when it is renewed", async () => {
          const { site } = siteOf({ store: create(), idleTimeout: 60 });
          const browser = new Browser(site);
          await browser.get("/visit");
          const value = browser.cookie("session")!;
          clock.pass(50);
          await browser.get("/look");
          clock.pass(10);
          expect(await hitsSeenWith(site, value)).to.equal(0);
          expect(await (await browser.get("/look")).json()).to.equal(1);
        });
      }

      it("continues as long as handlers read it", async () => {
        const { site, log } = siteOf({ store: create(), idleTimeout: 60, absoluteTimeout: DAY });
        const browser = new Browser(site);
        await browser.get("/visit");
        log.clear();
        for (let i = 0; i < 5; i++) {
          clock.pass(50);
          const response = await browser.get("/look");
          expect(await response.json()).to.equal(1);
          expect(maxAgeOf(response)).to.equal("60");
        }
        expect(log.types).to.deep.equal(Array.from({ length: 5 }, () => "renewed"));
      });

      it("is not renewed by requests that do not use it", async () => {
        const { site, log } = siteOf({ store: create(), idleTimeout: 60 });
        const browser = new Browser(site);
        await browser.get("/visit");
        log.clear();
        clock.pass(50);
        const response = await browser.get("/elsewhere");
        expect(setCookies(response)).to.deep.equal([]);
        clock.pass(10);
        expect(await (await browser.get("/look")).json()).to.equal(0);
        expect(log.types).to.not.include("renewed");
      });

      it("is renewed after a tenth of the idle timeout", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 1000 });
        const browser = new Browser(site);
        await browser.get("/visit");
        clock.pass(99);
        expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
        clock.pass(1);
        expect(maxAgeOf(await browser.get("/look"))).to.equal("1000");
        clock.pass(99);
        expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
      });

      it("is not renewed before renewAfter seconds", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 1000, renewAfter: 900 });
        const browser = new Browser(site);
        await browser.get("/visit");
        clock.pass(899);
        expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
        clock.pass(1);
        expect(maxAgeOf(await browser.get("/look"))).to.equal("1000");
      });

      it("is renewed before browsers drop its cookie after 400 days", async () => {
        for (const lifetime of [undefined, 1000 * DAY]) {
          const { site } = siteOf({
            store: create(),
            idleTimeout: lifetime ? DAY : 1000 * DAY,
            absoluteTimeout: 1000 * DAY,
          });
          const browser = new Browser(site);
          await browser.get(lifetime ? `/remember?lifetime=${lifetime}` : "/visit");
          clock.pass(399 * DAY);
          expect(maxAgeOf(await browser.get("/look"))).to.equal(String(400 * DAY));
        }
      });

      it("can last longer than 400 days if its ID is not in a cookie", async () => {
        let sentMaxAge = 0;
        const { site } = siteOf({
          store: create(),
          idleTimeout: 1000 * DAY,
          setSessionId: (_ctx, _response, _id, maxAge) => (sentMaxAge = maxAge),
        });
        await new Browser(site).get("/visit");
        expect(sentMaxAge).to.equal(1000 * DAY);
      });

      it("is renewed at most once a second if renewAfter is 0", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 1000, renewAfter: 0 });
        const browser = new Browser(site);
        await browser.get("/visit");
        expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
        clock.pass(1);
        expect(maxAgeOf(await browser.get("/look"))).to.equal("1000");
        expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
      });

      it("ends at the absolute timeout despite activity, and Max-Age never exceeds it", async () => {
        // CVE-2024-35220 in @fastify/session: each load computed a new expiry, so the session never
        // ended.
        const { site } = siteOf({
          store: create(),
          idleTimeout: 60,
          absoluteTimeout: 150,
          renewAfter: 0,
        });
        const browser = new Browser(site);
        await browser.get("/visit");
        clock.pass(50);
        expect(maxAgeOf(await browser.get("/visit"))).to.equal("60");
        clock.pass(50);
        expect(maxAgeOf(await browser.get("/visit"))).to.equal("50");
        clock.pass(49);
        await browser.get("/visit");
        const value = browser.cookie("session")!;
        expect(await hitsSeenWith(site, value)).to.equal(4);
        clock.pass(1);
        expect(await hitsSeenWith(site, value)).to.equal(0);
      });

      it("ends earlier if the app shortens the absolute timeout", async () => {
        const store = create();
        const browser = new Browser(siteOf({ store, idleTimeout: 100 }).site);
        await browser.get("/visit");
        clock.pass(90);
        await browser.get("/visit");
        const value = browser.cookie("session")!;
        const { site } = siteOf({ store, idleTimeout: 95, absoluteTimeout: 95 });
        clock.pass(4);
        expect(await hitsSeenWith(site, value)).to.equal(2);
        clock.pass(1);
        expect(await hitsSeenWith(site, value)).to.equal(0);
      });

      it("starts both timeouts anew with regenerate()", async () => {
        const store = create();
        const site = app(
          { store, idleTimeout: 60, absoluteTimeout: 100, defaultSessionData: { hits: 0 } },
          {
            "/visit": (ctx) => ++ctx.session.data.hits,
            "/login": (ctx) => ctx.session.regenerate(),
            "/look": (ctx) => ctx.session.data.hits,
          },
        );
        const browser = new Browser(site);
        await browser.get("/visit");
        clock.pass(50);
        expect(maxAgeOf(await browser.get("/login"))).to.equal("60");
        clock.pass(59);
        expect(maxAgeOf(await browser.get("/look"))).to.equal("41");
        const value = browser.cookie("session")!;
        clock.pass(40);
        expect(await hitsSeenWith(site, value)).to.equal(1);
        clock.pass(1);
        expect(await hitsSeenWith(site, value)).to.equal(0);
      });

      it("has a Max-Age in whole seconds", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 60, renewAfter: 0 });
        const browser = new Browser(site);
        for (let i = 0; i < 10; i++) {
          const response = await browser.get("/visit");
          if (setCookies(response).length > 0) expect(maxAgeOf(response)).to.equal("60");
          clock.pass(0.777);
        }
      });

      it("takes its idle timeout from cookieOptions.maxAge, in seconds", async () => {
        const { site } = siteOf({ store: create(), cookieOptions: { maxAge: 600 } });
        const browser = new Browser(site);
        expect(maxAgeOf(await browser.get("/visit"))).to.equal("600");
        const value = browser.cookie("session")!;
        clock.pass(600);
        expect(await hitsSeenWith(site, value)).to.equal(0);
      });

      it("can last longer than 30 days if the idle timeout is longer", async () => {
        const { site } = siteOf({ store: create(), idleTimeout: 365 * DAY });
        const browser = new Browser(site);
        expect(maxAgeOf(await browser.get("/visit"))).to.equal(String(365 * DAY));
        const value = browser.cookie("session")!;
        clock.pass(365 * DAY - 1);
        expect(await hitsSeenWith(site, value)).to.equal(1);
      });

      it("lasts at most 30 days by default", async () => {
        const { site } = siteOf({ store: create() });
        const browser = new Browser(site);
        await browser.get("/visit");
        for (let day = 1; day < 60; day++) {
          clock.pass(DAY / 2);
          await browser.get("/look");
        }
        const value = browser.cookie("session")!;
        clock.pass(DAY / 2 - 1);
        expect(await hitsSeenWith(site, value)).to.equal(1);
        clock.pass(1);
        expect(await hitsSeenWith(site, value)).to.equal(0);
      });
    });
  }

  describe("that is saved before its renewal is due", () => {
    it("keeps its expiry, and a cookie store sends the remaining seconds as Max-Age", async () => {
      const { site, log } = siteOf({ store: stores["SignedCookieStore"]!(), idleTimeout: 1000 });
      const browser = new Browser(site);
      await browser.get("/visit");
      clock.pass(40);
      expect(maxAgeOf(await browser.get("/visit"))).to.equal("960");
      expect(log.types).to.deep.equal(["saved", "saved"]);
    });

    it("keeps its expiry, and an external store sends no cookie", async () => {
      const { site, log } = siteOf({ store: stores["UnsafeMemoryStore"]!(), idleTimeout: 1000 });
      const browser = new Browser(site);
      await browser.get("/visit");
      clock.pass(40);
      const response = await browser.get("/visit");
      expect(await response.json()).to.equal(2);
      expect(setCookies(response)).to.deep.equal([]);
      expect(response.headers.get("cache-control")).to.equal(null);
      expect(log.types).to.deep.equal(["saved", "saved"]);
      clock.pass(959);
      expect(await (await browser.get("/elsewhere")).json()).to.equal("no session here");
      const value = browser.cookie("session")!;
      clock.pass(1);
      expect(await hitsSeenWith(site, value)).to.equal(0);
    });
  });
});
