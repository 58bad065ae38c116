import { compose, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { createRouter } from "@hattip/router";
import { expect } from "chai";
import { session, UnsafeMemoryStore } from "../../lib/index.js";
import { answer, app, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { MapStore } from "../support/map-store.js";
import { setCookies } from "../support/set-cookie.js";

const sessions = (options = {}): RequestHandler =>
  session({ store: new UnsafeMemoryStore(), defaultSessionData: {}, ...options });
const set = answer({
  "/": (ctx) => {
    ctx.session.data.user = "ann";
  },
  "/look": (ctx) => ctx.session.data,
});

/** The only error of a request to an app with wrong wiring. */
async function wiringErrorOf(...handlers: RequestHandler[]): Promise<Error> {
  const site = appOf(...handlers);
  const response = await new Browser(site).get("/");
  expect(response.status).to.equal(500);
  expect(setCookies(response)).to.deep.equal([]);
  expect(site.errors).to.have.length(1);
  const [error] = site.errors;
  expectUsageError(error);
  return error;
}

describe("session()", () => {
  it("fails without cookie(), and the error names what to add", async () => {
    const { message } = await wiringErrorOf(sessions(), set);
    expect(message)
      .to.match(/cookie\(\)/)
      .and.match(/@hattip\/cookie/)
      .and.match(/getSessionId/);
  });

  it("fails if cookie() comes after it, and the error names the right order", async () => {
    const { message } = await wiringErrorOf(sessions(), cookie(), set);
    expect(message).to.match(/app\.use\(cookie\(\)\).*before/);
  });

  it("works without cookie() if getSessionId is set", async () => {
    const site = appOf(sessions({ getSessionId: () => null }), set);
    expect((await new Browser(site).get("/")).status).to.equal(200);
  });

  it("fails if it is used twice, and the error names the cookie", async () => {
    const { message } = await wiringErrorOf(cookie(), sessions(), sessions(), set);
    expect(message)
      .to.match(/twice/)
      .and.match(/cookieName session/);
  });

  it("fails if it is used twice with one cookie name, around a third session", async () => {
    const { message } = await wiringErrorOf(
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

  it("fails if one middleware is used twice", async () => {
    const once = sessions({ cookieName: "sid" });
    expect((await wiringErrorOf(cookie(), once, once, set)).message).to.match(/twice.*sid/);
  });

  it("works if a middleware calls next() twice in sequence", async () => {
    // A middleware can retry. The first session is committed before the second session begins.
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

  it("fails if a handler replaces ctx.session, because its changes would be lost", async () => {
    for (const replacement of [{ data: { user: "ann" } }, undefined, null]) {
      const { message } = await wiringErrorOf(cookie(), sessions(), (ctx) => {
        ctx.session = replacement as never;
        return new Response();
      });
      expect(message)
        .to.match(/replaced ctx\.session/)
        .and.match(/ctx\.session\.data/);
    }
  });

  it("commits only a logout if a handler replaces ctx.session", async () => {
    const store = new MapStore();
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
    expect(browser.cookie("session")).to.equal(undefined);
    expect(store.sessions).to.deep.equal([]);
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

  it("works in a plain compose(), whose 404 response has no session headers", async () => {
    const browser = new Browser(compose(cookie(), sessions(), set));
    const response = await browser.get("/nowhere");
    expect(response.status).to.equal(404);
    expect(setCookies(response)).to.deep.equal([]);
    expect(response.headers.has("vary")).to.equal(false);
  });

  for (const cookieName of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    it(`works with the cookie name ${cookieName}`, async () => {
      const site = appOf(cookie(), sessions({ cookieName }), set);
      const browser = new Browser(site);
      expect((await browser.get("/look")).status).to.equal(200);
      await browser.get("/");
      expect(await (await browser.get("/look")).json()).to.deep.equal({ user: "ann" });
    });
  }

  it("reads the session ID only from its cookie", async () => {
    // GHSA-35w3 in WorkOS AuthKit: a request header could also select a session.
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
