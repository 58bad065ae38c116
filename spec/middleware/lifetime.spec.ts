import { expect } from "chai";
import { UnsignedCookieStore, type Lifetime } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

const IDLE_SECONDS = 1000;
const ABSOLUTE_SECONDS = 10_000;

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, a session with its own lifetime`, () => {
    let clock: Clock;
    let site: App;
    let browser: Browser;
    let lifetime: Lifetime;
    const log = new EventLog();

    beforeEach(() => {
      clock = new Clock();
      log.clear();
      site = app(
        {
          store: create(),
          defaultSessionData: {},
          idleTimeout: IDLE_SECONDS,
          absoluteTimeout: ABSOLUTE_SECONDS,
          onEvent: log.onEvent,
        },
        {
          "/": (ctx) => ctx.session.data,
          "/lifetime": (ctx) => ctx.session.lifetime ?? "none",
          "/login": async (ctx) => {
            await ctx.session.regenerate();
            ctx.session.data.user = "ann";
            ctx.session.lifetime = lifetime;
          },
          "/set-only": (ctx) => {
            ctx.session.lifetime = lifetime;
          },
          "/set-and-fail": (ctx) => {
            ctx.session.lifetime = lifetime;
            throw new Error("handler");
          },
          "/update": (ctx) =>
            ctx.session.update((data) => {
              data.n = 1;
            }),
          "/logout": async (ctx) => {
            await ctx.session.destroy();
            ctx.session.data.message = "bye";
          },
        },
      );
      browser = new Browser(site);
    });
    afterEach(() => clock.restore());

    const maxAgeOf = (response: Response) => setCookies(response)[0]?.attributes["max-age"];
    /** Sends the cookie even after the browser has dropped it. */
    const seenWith = async (value: string) =>
      (await new Browser(site).get("/", { cookie: `session=${value}` })).json();

    for (const seconds of [60, 3000]) {
      it(`ends after exactly ${seconds} seconds without a request`, async () => {
        lifetime = seconds;
        const other = new Browser(site);
        expect(maxAgeOf(await browser.get("/login"))).to.equal(String(seconds));
        await other.get("/login");
        const values = [browser.cookie("session")!, other.cookie("session")!];
        clock.pass(seconds - 1);
        expect(await seenWith(values[0]!)).to.deep.equal({ user: "ann" });
        clock.pass(1);
        expect(await seenWith(values[1]!)).to.deep.equal({});
      });
    }

    it("can be shortened with immediate effect", async () => {
      lifetime = 3000;
      await browser.get("/login");
      lifetime = 60;
      expect(maxAgeOf(await browser.get("/set-only"))).to.equal("60");
      const value = browser.cookie("session")!;
      clock.pass(60);
      expect(await seenWith(value)).to.deep.equal({});
    });

    it("is renewed to its full lifetime after a tenth of it", async () => {
      lifetime = 60;
      await browser.get("/login");
      clock.pass(5);
      expect(setCookies(await browser.get("/"))).to.deep.equal([]);
      clock.pass(1);
      expect(maxAgeOf(await browser.get("/"))).to.equal("60");
      expect(await (await browser.get("/lifetime")).json()).to.equal(60);
    });

    it("still ends at the absolute timeout", async () => {
      lifetime = 5000;
      await browser.get("/login");
      clock.pass(4000);
      expect(maxAgeOf(await browser.get("/"))).to.equal("5000");
      clock.pass(4000);
      expect(maxAgeOf(await browser.get("/"))).to.equal("2000");
      const value = browser.cookie("session")!;
      clock.pass(2000);
      expect(await seenWith(value)).to.deep.equal({});
    });

    it('gets no Max-Age with the lifetime "browser", and still ends at the idle timeout', async () => {
      lifetime = "browser";
      const response = await browser.get("/login");
      expect(setCookies(response)[0]!.attributes).to.not.have.any.keys("max-age", "expires");
      const value = browser.cookie("session")!;
      clock.pass(IDLE_SECONDS);
      expect(await seenWith(value)).to.deep.equal({});
    });

    it("keeps its lifetime through regenerate(), update() and renewals", async () => {
      lifetime = "browser";
      await browser.get("/login");
      await browser.get("/login");
      await browser.get("/update");
      clock.pass(500);
      const response = await browser.get("/");
      expect(setCookies(response)[0]!.attributes).to.not.have.property("max-age");
      expect(await (await browser.get("/lifetime")).json()).to.equal("browser");
      expect(await response.json()).to.deep.equal({ user: "ann", n: 1 });
    });

    it("can change or remove its lifetime", async () => {
      lifetime = 3000;
      await browser.get("/login");
      lifetime = undefined;
      expect(maxAgeOf(await browser.get("/set-only"))).to.equal(String(IDLE_SECONDS));
      expect(await (await browser.get("/lifetime")).json()).to.equal("none");
      lifetime = "browser";
      const response = await browser.get("/set-only");
      expect(setCookies(response)[0]!.attributes).to.not.have.property("max-age");
    });

    it("keeps its previous lifetime if the handler throws", async () => {
      lifetime = 3000;
      await browser.get("/login");
      lifetime = 60;
      const response = await browser.get("/set-and-fail");
      expect(setCookies(response)).to.deep.equal([]);
      expect(await (await browser.get("/lifetime")).json()).to.equal(3000);
    });

    it("does not pass its lifetime to the session after a logout", async () => {
      lifetime = 3000;
      await browser.get("/login");
      expect(maxAgeOf(await browser.get("/logout"))).to.equal(String(IDLE_SECONDS));
      expect(await (await browser.get("/lifetime")).json()).to.equal("none");
    });

    for (const wrong of [
      0,
      -1,
      1.5,
      NaN,
      Infinity,
      ABSOLUTE_SECONDS + 1,
      "session",
      "60",
      null,
      {},
    ]) {
      it(`rejects the lifetime ${JSON.stringify(wrong)}`, async () => {
        lifetime = wrong as Lifetime;
        expect((await browser.get("/set-only")).status).to.equal(500);
        expect(site.errors[0]).to.be.an.instanceOf(TypeError);
        expect(String(site.errors[0])).to.match(/lifetime/);
      });
    }
  });
}

describe("A lifetime that a client forged", () => {
  for (const text of [
    '@999999999 {"user":"ann"}',
    '@0 {"user":"ann"}',
    '@-1 {"user":"ann"}',
    '@1.5 {"user":"ann"}',
    '@forever {"user":"ann"}',
    '@browser  {"user":"ann"}',
    "@60",
    "@",
  ]) {
    it(`neither exceeds the absolute timeout nor causes an error: ${text}`, async () => {
      const clock = new Clock();
      try {
        const site = app(
          {
            store: new UnsignedCookieStore(),
            defaultSessionData: {},
            idleTimeout: IDLE_SECONDS,
            absoluteTimeout: ABSOLUTE_SECONDS,
          },
          {
            "/": (ctx) => {
              ctx.session.data.seen = true;
            },
          },
        );
        const record = `1.${clock.now}.${clock.now + 10}.${text}`;
        const value = Buffer.from(record).toString("base64url");
        const response = await new Browser(site).get("/", { cookie: `session=${value}` });
        expect(response.status).to.equal(200);
        const [cookie] = setCookies(response);
        const maxAge = cookie!.attributes["max-age"];
        if (maxAge !== undefined) expect(Number(maxAge)).to.be.within(1, ABSOLUTE_SECONDS);
      } finally {
        clock.restore();
      }
    });
  }
});
