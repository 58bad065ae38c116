import { expect } from "chai";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, session()`, () => {
    let site: App;
    let browser: Browser;
    const log = new EventLog();

    beforeEach(async () => {
      log.clear();
      site = app(
        { store: create(), defaultSessionData: { cart: [] }, onEvent: log.onEvent },
        {
          "/": (ctx) => ({ ...ctx.session.data }),
          "/fresh": (ctx) => ctx.session.isFresh,
          "/buy": (ctx) => ctx.session.data.cart.push("book"),
          "/login": async (ctx) => {
            await ctx.session.regenerate();
            ctx.session.data.user = "ann";
          },
          "/login-late": async (ctx) => {
            ctx.session.data.user = "ann";
            await ctx.session.regenerate();
          },
          "/logout": async (ctx) => {
            await ctx.session.destroy();
            return { ...ctx.session.data, isFresh: ctx.session.isFresh };
          },
          "/logout-with-message": async (ctx) => {
            await ctx.session.destroy();
            ctx.session.data.message = "You have been logged out.";
          },
          "/logout-after-changes": async (ctx) => {
            ctx.session.data.user = "eve";
            await ctx.session.regenerate();
            await ctx.session.destroy();
          },
          "/logout-and-regenerate": async (ctx) => {
            await ctx.session.destroy();
            await ctx.session.regenerate();
          },
          "/logout-twice": async (ctx) => {
            await ctx.session.destroy();
            ctx.session.data.message = "once";
            await ctx.session.destroy();
          },
          "/logout-without-await": (ctx) => void ctx.session.destroy(),
        },
      );
      browser = new Browser(site);
      await browser.get("/buy");
    });

    const seenBy = async (visitor: Browser) => (await visitor.get("/")).json();

    for (const path of ["/login", "/login-late"]) {
      it(`keeps the old data and the changes of ${path}`, async () => {
        expect(setCookies(await browser.get(path))).to.have.length(1);
        expect(await seenBy(browser)).to.deep.equal({ cart: ["book"], user: "ann" });
        // regenerate() moves the stored data. The response saves the changes of the handler.
        expect(log.types).to.deep.equal(["saved", "regenerated", "saved"]);
      });
    }

    it("starts again with default data after a logout", async () => {
      await browser.get("/login");
      const response = await browser.get("/logout");
      expect(await response.json()).to.deep.equal({ cart: [], isFresh: true });
      expect(setCookies(response)).to.have.length(1);
      expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0", path: "/" });
      expect(browser.cookie("session")).to.equal(undefined);
      expect(await seenBy(browser)).to.deep.equal({ cart: [] });
      expect(log.types).to.deep.equal(["saved", "regenerated", "saved", "destroyed"]);
    });

    it("keeps no old data if a handler changes the data after destroy()", async () => {
      await browser.get("/login");
      const old = browser.cookie("session");
      const response = await browser.get("/logout-with-message");
      expect(setCookies(response)).to.have.length(1);
      expect(browser.cookie("session")).to.not.equal(old);
      expect(await seenBy(browser)).to.deep.equal({
        cart: [],
        message: "You have been logged out.",
      });
      expect(log.types.slice(-2)).to.deep.equal(["destroyed", "saved"]);
    });

    for (const path of [
      "/logout-after-changes",
      "/logout-and-regenerate",
      "/logout-twice",
      "/logout-without-await",
    ]) {
      it(`ends the session with ${path}`, async () => {
        await browser.get("/login");
        await browser.get(path);
        expect(browser.cookie("session")).to.equal(undefined);
        expect(await seenBy(browser)).to.deep.equal({ cart: [] });
      });
    }

    it("clears an invalid cookie on destroy()", async () => {
      browser.setCookie("session", "tampered");
      await browser.get("/logout");
      expect(browser.cookie("session")).to.equal(undefined);
      expect(log.types).to.not.include("destroyed");
    });

    it("sets isFresh only for a fresh session", async () => {
      expect(await (await browser.get("/fresh")).json()).to.equal(false);
      expect(await (await new Browser(site).get("/fresh")).json()).to.equal(true);
      await browser.get("/logout");
      expect(await (await browser.get("/fresh")).json()).to.equal(true);
    });
  });
}

describe("With an external store", () => {
  const login = async (site: App) => {
    const browser = new Browser(site);
    await browser.get("/visit");
    const before = browser.cookie("session")!;
    await browser.get("/login");
    return { browser, before, after: browser.cookie("session")! };
  };
  const store = new WatchedMemoryStore();
  const site = app(
    { store, defaultSessionData: {} },
    {
      "/visit": (ctx) => {
        ctx.session.data.seen = true;
      },
      "/login": async (ctx) => {
        await ctx.session.regenerate();
        ctx.session.data.user = "ann";
      },
      "/logout": (ctx) => ctx.session.destroy(),
      "/": (ctx) => ({ ...ctx.session.data }),
    },
  );
  const seenWith = async (value: string) =>
    (await new Browser(site).get("/", { cookie: `session=${value}` })).json();

  it("the ID from before the login is invalid after the login", async () => {
    // Session fixation: an attacker plants an ID before the victim logs in (CVE-2022-25896 in
    // passport, CVE-2023-29019 in @fastify/passport).
    const { before, after } = await login(site);
    expect(after).to.not.equal(before);
    expect(await seenWith(before)).to.deep.equal({});
    expect(await seenWith(after)).to.deep.equal({ seen: true, user: "ann" });
  });

  it("the ID from before the logout is invalid after the logout", async () => {
    const { browser, after } = await login(site);
    await browser.get("/logout");
    expect(await seenWith(after)).to.deep.equal({});
  });

  it("the backend never receives a session ID", async () => {
    // CVE-2019-16782 in Rack: a reader of the backend could take over every session.
    store.keys.length = 0;
    const { browser, before, after } = await login(site);
    await browser.get("/logout");
    const seen = store.keys.join();
    expect(seen).to.not.include(before).and.not.include(after);
    expect(store.keys).to.satisfy((keys: string[]) =>
      keys.every((key) => /^session:[\w-]{43}$/.test(key)),
    );
  });
});
