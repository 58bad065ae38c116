import { compose, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { createRouter } from "@hattip/router";
import { expect } from "chai";
import { session, UnsafeMemoryStore } from "../../lib/index.js";
import { answer, app, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { setCookies } from "../support/set-cookie.js";

const sessions = (options = {}): RequestHandler =>
  session({ store: new UnsafeMemoryStore(), defaultSessionData: {}, ...options });
const set = answer({
  "/": (ctx) => {
    ctx.session.data.user = "ann";
  },
  "/look": (ctx) => ctx.session.data,
});

/** The one error of a request to an app that is wired wrongly. */
async function mistakeOf(...handlers: RequestHandler[]): Promise<Error> {
  const site = appOf(...handlers);
  const response = await new Browser(site).get("/");
  expect(response.status).to.equal(500);
  expect(setCookies(response)).to.deep.equal([]);
  expect(site.errors).to.have.length(1);
  expect(site.errors[0]).to.be.an.instanceOf(TypeError);
  return site.errors[0] as Error;
}

describe("The wiring of session()", () => {
  it("is a mistake without cookie(), and the error tells what to add", async () => {
    const { message } = await mistakeOf(sessions(), set);
    expect(message)
      .to.match(/cookie\(\)/)
      .and.match(/@hattip\/cookie/)
      .and.match(/getSessionId/);
  });

  it("is a mistake with cookie() behind it, and the error tells the order", async () => {
    const { message } = await mistakeOf(sessions(), cookie(), set);
    expect(message).to.match(/app\.use\(cookie\(\)\).*before/);
  });

  it("is fine without cookie() where the ID comes from somewhere else", async () => {
    const site = appOf(sessions({ getSessionId: () => null }), set);
    expect((await new Browser(site).get("/")).status).to.equal(200);
  });

  it("is a mistake if it is there twice, and the error names the cookie", async () => {
    const { message } = await mistakeOf(cookie(), sessions(), sessions(), set);
    expect(message)
      .to.match(/twice/)
      .and.match(/cookieName session/);
  });

  it("is a mistake if two of one name are there around a third", async () => {
    const { message } = await mistakeOf(
      cookie(),
      sessions(),
      sessions({ cookieName: "prefs" }),
      sessions(),
      set,
    );
    expect(message)
      .to.match(/twice/)
      .and.match(/cookieName session/);
  });

  it("is a mistake if one middleware is used twice", async () => {
    const once = sessions({ cookieName: "sid" });
    expect((await mistakeOf(cookie(), once, once, set)).message).to.match(/twice.*sid/);
  });

  it("is fine if the same path of handlers is walked twice, one time after the other", async () => {
    // A middleware may try again: the first session is over when the second begins.
    const site = appOf(
      cookie(),
      async (ctx) => {
        const { next } = ctx;
        await next();
        return next();
      },
      sessions(),
      set,
    );
    expect((await new Browser(site).get("/")).status).to.equal(200);
    expect(site.errors).to.deep.equal([]);
  });

  it("is a mistake if a handler replaces ctx.session, whose changes would be lost", async () => {
    for (const replacement of [{ data: { user: "ann" } }, undefined, null]) {
      const { message } = await mistakeOf(cookie(), sessions(), (ctx) => {
        ctx.session = replacement as never;
        return new Response();
      });
      expect(message)
        .to.match(/replaced ctx\.session/)
        .and.match(/ctx\.session\.data/);
    }
  });

  it("commits nothing if a handler replaces ctx.session, but a logout", async () => {
    const store = new UnsafeMemoryStore();
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/": (ctx) => {
          ctx.session.data.user = "ann";
        },
        "/look": (ctx) => ctx.session.data,
        "/replace": (ctx) => {
          ctx.session.data.user = "eve";
          ctx.session = { ...ctx.session };
        },
        "/out-and-replace": async (ctx) => {
          await ctx.session.destroy();
          ctx.session = { ...ctx.session };
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/");
    expect((await browser.get("/replace")).status).to.equal(500);
    expect(await (await browser.get("/look")).json()).to.deep.equal({ user: "ann" });
    expect((await browser.get("/out-and-replace")).status).to.equal(500);
    expect(store.size).to.equal(0);
  });

  it("works in Hattip's router, as documented", async () => {
    const router = createRouter();
    router.use(cookie());
    router.use(session({ store: new UnsafeMemoryStore(), defaultSessionData: { hits: 0 } }));
    router.get("/", (ctx) => Response.json(++ctx.session.data.hits));
    router.post("/", async (ctx) => {
      await ctx.session.destroy();
      return new Response();
    });
    const browser = new Browser(router.buildHandler());
    await browser.get("/");
    expect(await (await browser.get("/")).json()).to.equal(2);
    await browser.post("/");
    expect(await (await browser.get("/")).json()).to.equal(1);
  });

  it("works in a plain compose(), whose 404 leaves the session alone", async () => {
    const browser = new Browser(compose(cookie(), sessions(), set));
    const response = await browser.get("/nowhere");
    expect(response.status).to.equal(404);
    expect(setCookies(response)).to.deep.equal([]);
    expect(response.headers.has("vary")).to.equal(false);
  });

  for (const cookieName of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    it(`is as good with the cookie name ${cookieName} as with any`, async () => {
      const site = appOf(cookie(), sessions({ cookieName }), set);
      const browser = new Browser(site);
      expect((await browser.get("/look")).status).to.equal(200);
      await browser.get("/");
      expect(await (await browser.get("/look")).json()).to.deep.equal({ user: "ann" });
    });
  }

  it("reads the session from its cookie, and from nothing else that a client can set", async () => {
    // GHSA-35w3 in WorkOS AuthKit: a request header was good for a session, too.
    const site = appOf(cookie(), sessions(), set);
    const browser = new Browser(site);
    await browser.get("/");
    const id = browser.cookie("session")!;
    const headers = {
      authorization: `Bearer ${id}`,
      session: id,
      "x-session": id,
      "x-session-id": id,
      "x-h3-session": id,
    };
    const stranger = new Browser(site);
    const response = await stranger.get(`/look?session=${id}`, { headers });
    expect(await response.json()).to.deep.equal({});
    const other = await stranger.get("/look", { cookie: `Session=${id}; session2=${id}` });
    expect(await other.json()).to.deep.equal({});
  });
});
