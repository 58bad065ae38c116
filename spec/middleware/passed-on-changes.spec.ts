import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import { session, SessionError, type Session, type SessionStore } from "../../lib/index.js";
import { appOf, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { MapStore } from "../support/map-store.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * A request that is passed on is answered by Express, a dev server or a CDN. The client never gets
 * the response that is made here.
 */
for (const [name, create] of Object.entries({
  ...stores,
  UnsafeMemoryStore: () => new MapStore(),
})) {
  const isExternal = name === "UnsafeMemoryStore";

  describe(`In ${isExternal ? "an external store" : name}, a request that is passed on`, () => {
    let clock: Clock;
    let log: EventLog;
    let store: SessionStore;
    let site: App;
    let browser: Browser;
    /** What the middleware does before the request is passed on. */
    let act: (current: Session, passThrough: () => void) => unknown;

    beforeEach(() => {
      clock = new Clock();
      log = new EventLog();
      store = create();
      site = appOf(
        cookie(),
        session({ store, defaultSessionData: {}, idleTimeout: 1000, onEvent: log.onEvent }),
        async (ctx) => {
          if (ctx.url.pathname === "/begin") {
            ctx.session.data.n = 1;
            return new Response();
          }
          if (ctx.url.pathname === "/") return Response.json(ctx.session.data);
          await act(ctx.session, () => ctx.passThrough());
          // A handler that has called passThrough() answers with anything: an adapter drops it.
          if (ctx.url.pathname === "/own-page") {
            await ctx.next();
            return new Response("<h1>No such page</h1>", {
              status: 404,
              headers: { "content-type": "text/html; charset=utf-8" },
            });
          }
          if (ctx.url.pathname === "/own-404") return new Response("dropped", { status: 404 });
          return undefined; // compose() calls passThrough() and answers 404
        },
      );
      browser = new Browser(site);
    });
    afterEach(() => clock.restore());

    const records = (): string[] => (store instanceof MapStore ? [...store.records.values()] : []);

    async function begin(): Promise<void> {
      await browser.get("/begin");
      log.clear();
    }

    const passing: Record<string, [path: string, act: typeof act]> = {
      "by compose()": ["/nowhere", ({ data }) => void (data.n = 2)],
      "by ctx.passThrough() after a change": [
        "/own-404",
        ({ data }, passThrough) => {
          data.n = 2;
          passThrough();
        },
      ],
      "by ctx.passThrough() before a change": [
        "/own-404",
        ({ data }, passThrough) => {
          passThrough();
          data.n = 2;
        },
      ],
    };
    for (const [how, [path, change]] of Object.entries(passing)) {
      if (!isExternal) {
        // Nothing is stored, and a standalone server does send the response of compose().
        it(`${how} sets its cookie all the same`, async () => {
          act = change;
          expect(setCookies(await browser.get(path))).to.have.length(1);
          expect(await (await browser.get("/")).json()).to.deep.equal({ n: 2 });
        });
        continue;
      }

      it(`${how} begins no session`, async () => {
        act = change;
        for (let visit = 1; visit <= 3; visit++) {
          expect(setCookies(await new Browser(site).get(path))).to.deep.equal([]);
        }
        expect(site.errors).to.deep.equal([]);
        expect(log.types).to.deep.equal([]);
        expect(records()).to.deep.equal([]);
      });

      it(`${how} saves its change without a cookie`, async () => {
        await begin();
        clock.pass(500); // a renewal is due
        act = change;
        expect(setCookies(await browser.get(path))).to.deep.equal([]);
        expect(log.types).to.deep.equal(["saved"]);
        const answered = await browser.get("/");
        expect(await answered.json()).to.deep.equal({ n: 2 });
        // That request renews the session, and can tell the client.
        expect(setCookies(answered)).to.have.length(1);
      });
    }

    it("cannot call regenerate() after ctx.passThrough(), because no client would get the new value", async () => {
      await begin();
      let failure: unknown;
      act = async (current, passThrough) => {
        passThrough();
        failure = await current.regenerate().catch((error: unknown) => error);
      };
      expect(setCookies(await browser.get("/own-404"))).to.deep.equal([]);
      expect(failure).to.be.an.instanceOf(SessionError);
      expect(failure).to.have.property("code", "ERR_SESSION_RESPONSE");
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
    });

    it("saves its changes with a cookie if this app answers 404 itself", async () => {
      act = ({ data }) => void (data.n = 2);
      expect(setCookies(await browser.get("/own-404"))).to.have.length(1);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 2 });
    });

    it("saves its changes with a cookie if this app puts a page of its own in the place of compose()'s 404", async () => {
      act = ({ data }) => void (data.n = 2);
      expect(setCookies(await browser.get("/own-page"))).to.have.length(1);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 2 });
    });

    if (!isExternal) return;

    it("writes no lifetime, which the client would have to know", async () => {
      await begin();
      const before = records();
      act = (current) => void (current.lifetime = 500);
      expect(setCookies(await browser.get("/nowhere"))).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      expect(records()).to.deep.equal(before);
    });

    it("writes no personal defaults that were changed", async () => {
      const random = { store, defaultSessionData: () => ({ token: "random" }) };
      const gated = appOf(cookie(), session({ ...random, onEvent: log.onEvent }), (ctx) => {
        ctx.session.data.n = 1;
      });
      expect(setCookies(await new Browser(gated).get("/asset"))).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      expect(records()).to.deep.equal([]);
    });

    it("has committed its update() and its destroy(), as every request", async () => {
      await begin();
      act = (current) => current.update((data) => void data.n++);
      await browser.get("/nowhere");
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 2 });
      act = (current) => current.destroy();
      const held = { cookie: `session=${browser.cookie("session")}` };
      await browser.get("/nowhere");
      expect(await (await new Browser(site).get("/", held)).json()).to.deep.equal({});
      expect(log.types.slice(0, 2)).to.deep.equal(["saved", "destroyed"]);
    });

    it("writes nothing with update() if its session is fresh", async () => {
      act = (current) => current.update((data) => void (data.n = 2));
      await browser.get("/nowhere");
      expect((store as MapStore).calls).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
    });
  });
}
