import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CookieStore,
  SessionError,
  SignedCookieStore,
  UnsafeMemoryStore,
  type Session,
} from "../../lib/index.js";
import { app, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { errorOfOtherBuild } from "../support/error-of-other-build.js";
import { EventLog } from "../support/event-log.js";
import { keys } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

const caught: unknown[] = [];
const routes: Routes = {
  "/elsewhere": () => "fine",
  "/": (ctx) => ({ ...ctx.session.data }),
  "/set": (ctx) => {
    ctx.session.data.user = "ann";
  },
  "/logout": (ctx) => ctx.session.destroy(),
  "/caught": (ctx) => {
    caught.length = 0;
    try {
      return ctx.session.data;
    } catch (error) {
      caught.push(error);
      return new Response("Try again", { status: 503 });
    }
  },
};
const sessionUses: Routes = {
  "/data": (ctx) => ctx.session.data,
  "/replace": (ctx) => {
    ctx.session.data = {};
  },
  "/fresh": (ctx) => ctx.session.isFresh,
  "/regenerate": (ctx) => ctx.session.regenerate(),
  "/destroy": (ctx) => ctx.session.destroy(),
  "/update": (ctx) => ctx.session.update(() => {}),
};

describe("While the store is down", () => {
  const log = new EventLog();

  async function visitor(more: Routes = {}) {
    const store = new WatchedMemoryStore();
    const site = app(
      { store, defaultSessionData: {}, onEvent: log.onEvent },
      { ...routes, ...sessionUses, ...more },
    );
    const browser = new Browser(site);
    await browser.get("/set");
    const value = browser.cookie("session");
    log.clear();
    store.down = true;
    return { site, browser, store, value };
  }

  it("routes that do not use the session still work, and no cookie is cleared", async () => {
    const { browser } = await visitor();
    const response = await browser.get("/elsewhere");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
  });

  for (const path of Object.keys(sessionUses)) {
    it(`a handler that uses the session fails with a SessionError, and no cookie is cleared: ${path}`, async () => {
      const { site, browser, value } = await visitor();
      const response = await browser.get(path);
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(browser.cookie("session")).to.equal(value);
      expect(site.errors).to.have.length(1);
      const [error] = site.errors as SessionError[];
      expect(error).to.be.an.instanceOf(SessionError).with.property("code", "ERR_SESSION_STORE");
      expect(error!.cause).to.have.property("message", "connect ECONNREFUSED");
    });
  }

  it("a handler can catch the error and answer 503", async () => {
    const { site, browser } = await visitor();
    const response = await browser.get("/caught");
    expect(response.status).to.equal(503);
    expect(await response.text()).to.equal("Try again");
    expect(setCookies(response)).to.deep.equal([]);
    expect(caught[0]).to.have.property("code", "ERR_SESSION_STORE");
    expect(site.errors).to.deep.equal([]);
  });

  it("a read after the response also throws the error", async () => {
    const { browser, store } = await visitor();
    let late: Session | undefined;
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/": (ctx) => {
          late = ctx.session;
        },
      },
    );
    await new Browser(site, { jar: browser.jar }).get("/");
    expect(() => late!.data)
      .to.throw(SessionError)
      .with.property("code", "ERR_SESSION_STORE");
  });

  it("a handler that ignores the error saves nothing and clears no cookie", async () => {
    const { browser, store, value } = await visitor();
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/": async (ctx) => {
          await ctx.session.destroy().catch(() => {});
          return "fine";
        },
      },
    );
    store.calls.length = 0;
    const response = await new Browser(site, { jar: browser.jar }).get("/");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.calls).to.deep.equal(["read"]);
    store.down = false;
    const later = await new Browser(site).get("/", { cookie: `session=${value}` });
    expect(later.status).to.equal(200);
  });

  it("a visitor without a cookie gets default data, and an error only if a handler changes the data", async () => {
    const { site } = await visitor();
    const stranger = new Browser(site);
    expect((await stranger.get("/")).status).to.equal(200);
    const response = await stranger.get("/set");
    expect(response.status).to.equal(500);
    expect(setCookies(response)).to.deep.equal([]);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
  });

  it("a defaultSessionData function is not called in place of the store", async () => {
    const store = new WatchedMemoryStore();
    let calls = 0;
    const site = app({ store, defaultSessionData: () => ({ n: ++calls }) }, routes);
    const browser = new Browser(site);
    await browser.get("/");
    store.down = true;
    expect((await browser.get("/")).status).to.equal(500);
    expect((await browser.get("/elsewhere")).status).to.equal(200);
    expect(calls).to.equal(1);
  });

  it("no session is lost, and sessions work again when the store is back", async () => {
    const { browser, store, site } = await visitor();
    await browser.get("/");
    await browser.get("/logout");
    store.down = false;
    expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
    expect(site.errors).to.have.length(2);
    await browser.get("/logout");
    expect(await (await browser.get("/")).json()).to.deep.equal({});
  });

  it("an outage between load and save causes an error response without a cookie", async () => {
    const store = new WatchedMemoryStore();
    const site = app(
      { store, defaultSessionData: {}, onEvent: log.onEvent },
      {
        ...routes,
        "/late": (ctx) => {
          ctx.session.data.user = "eve";
          store.down = true;
        },
        "/late-logout": async (ctx) => {
          store.down = true;
          await ctx.session.destroy();
        },
        "/late-logout-without-await": (ctx) => {
          store.down = true;
          void ctx.session.destroy();
        },
        "/late-login": async (ctx) => {
          store.down = true;
          await ctx.session.regenerate();
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/set");
    for (const path of ["/late", "/late-logout", "/late-logout-without-await", "/late-login"]) {
      log.clear();
      const response = await browser.get(path);
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
      store.down = false;
      expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
    }
  });

  it("an outage after destroy() has resolved cannot undo the logout", async () => {
    const { site, browser, store, value } = await visitor({
      "/logout-before": async (ctx) => {
        await ctx.session.destroy();
        store.down = true;
      },
    });
    store.down = false;
    const response = await browser.get("/logout-before");
    expect(response.status).to.equal(200);
    expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
    expect(log.events).to.deep.equal([{ type: "destroyed" }]);
    store.down = false;
    const replayed = await new Browser(site).get("/", { cookie: `session=${value}` });
    expect(await replayed.json()).to.deep.equal({});
  });

  it("a login that cannot save its changes is an error, whose response carries the new ID", async () => {
    const { browser, store, value } = await visitor({
      "/login": async (ctx) => {
        await ctx.session.regenerate();
        ctx.session.data.user = "eve";
        store.down = true;
      },
    });
    store.down = false;
    const response = await browser.get("/login");
    expect(response.status).to.equal(500);
    expect(setCookies(response)).to.have.length(1);
    expect(browser.cookie("session")).to.not.equal(value);
    expect(log.events).to.deep.equal([
      { type: "regenerated" },
      { type: "store-failed", code: "ERR_SESSION_STORE" },
    ]);
    store.down = false;
    expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
  });
});

describe("A store that", () => {
  /** Fails whenever it is used. */
  class Broken extends CookieStore {
    readonly failure: unknown;
    constructor(failure: unknown) {
      super();
      this.failure = failure;
    }
    protected async seal(): Promise<never> {
      throw this.failure;
    }
    protected async unseal(): Promise<never> {
      throw this.failure;
    }
  }

  for (const [what, failure] of [
    ["an error of its own", new Error("ECONNREFUSED")],
    ["a TypeError, as fetch() does", new TypeError("fetch failed")],
    ["a string", "ECONNREFUSED"],
    ["undefined", undefined],
  ] as const) {
    it(`rejects with ${what} makes the request fail with a SessionError`, async () => {
      const log = new EventLog();
      const site = app(
        { store: new Broken(failure), defaultSessionData: {}, onEvent: log.onEvent },
        routes,
      );
      const browser = new Browser(site);
      browser.setCookie("session", "anything");
      expect((await browser.get("/elsewhere")).status).to.equal(200);
      expect((await browser.get("/")).status).to.equal(500);
      expect((await new Browser(site).get("/set")).status).to.equal(500);
      expect(site.errors).to.have.length(2);
      for (const error of site.errors as SessionError[]) {
        expect(error).to.be.an.instanceOf(SessionError).with.property("code", "ERR_SESSION_STORE");
        expect(error.cause).to.equal(failure);
      }
      expect(log.types).to.deep.equal(["store-failed", "store-failed", "store-failed"]);
    });
  }

  for (const code of [
    "ERR_SESSION_RECORD_TOO_LARGE",
    "ERR_SESSION_DATA",
    "ERR_SESSION_USAGE",
  ] as const) {
    it(`rejects with ${code} of the other build makes the request fail with this error`, async () => {
      const log = new EventLog();
      const failure = errorOfOtherBuild(code);
      const store = new Broken(failure);
      const site = app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes);
      const browser = new Browser(site);
      await browser.get("/set");
      browser.setCookie("session", "anything");
      await browser.get("/");
      expect(site.errors).to.have.length(2);
      for (const error of site.errors) expect(error).to.equal(failure);
      const event = { type: "store-failed", code };
      expect(log.events).to.deep.equal(code === "ERR_SESSION_USAGE" ? [] : [event, event]);
    });
  }

  it("is used wrongly makes the request fail with ERR_SESSION_USAGE, without an event", async () => {
    const log = new EventLog();
    const mistake = new SessionError("ERR_SESSION_USAGE", "The option keys is empty.");
    const store = new Broken(mistake);
    const site = app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes);
    const browser = new Browser(site);
    await browser.get("/set");
    browser.setCookie("session", "anything");
    await browser.get("/");
    expect(site.errors).to.deep.equal([mistake, mistake]);
    expect(log.types).to.deep.equal([]);
  });

  it("throws in unseal() makes the request fail with a SessionError", async () => {
    class BrokenCookieStore extends CookieStore {
      protected seal(): string {
        return "sealed";
      }
      protected unseal(): never {
        throw new Error("the key service is down");
      }
    }
    const site = app({ store: new BrokenCookieStore(), defaultSessionData: {} }, routes);
    const browser = new Browser(site);
    await browser.get("/set");
    expect((await browser.get("/")).status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
  });

  for (const [how, release] of [
    [
      "throws",
      () => {
        throw new Error("release");
      },
    ],
    ["rejects", async () => Promise.reject(new Error("release"))],
  ] as const) {
    it(`${how} in release() still serves the request`, async () => {
      const store = Object.assign(new UnsafeMemoryStore(), { release });
      const site = app({ store, defaultSessionData: {} }, routes);
      const waited: Promise<unknown>[] = [];
      const browser = new Browser((ctx) =>
        site({ ...ctx, waitUntil: (promise) => void waited.push(promise) }),
      );
      expect((await browser.get("/set")).status).to.equal(200);
      expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
      expect(waited).to.have.length(how === "rejects" ? 2 : 0);
      await Promise.all(waited);
    });
  }

  it("has no keys yet makes requests fail until the keys are available", async () => {
    let calls = 0;
    const store = new SignedCookieStore(async () => {
      if (++calls === 1) throw new Error("the secret service is down");
      return keys;
    });
    const site = app({ store, defaultSessionData: {} }, routes);
    const browser = new Browser(site);
    expect((await browser.get("/set")).status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    await browser.get("/set");
    expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
  });

  it("hangs makes the request fail at its timeout and does not delay other requests", async () => {
    class HangingStore extends UnsafeMemoryStore {
      hangs = false;
      protected override read(key: string): string | null {
        // The base class also awaits a hook that returns a promise.
        return this.hangs ? (new Promise(() => {}) as never) : super.read(key);
      }
    }
    const store = new HangingStore({ timeout: 1 });
    const site = app({ store, defaultSessionData: {} }, routes);
    const browser = new Browser(site);
    await browser.get("/set");
    store.hangs = true;
    const hung = browser.get("/");
    const anonymous = await Promise.race([new Browser(site).get("/"), sleep(500, "delayed")]);
    expect(anonymous).to.be.an.instanceOf(Response);
    expect((await hung).status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    store.hangs = false;
    expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ann" });
  });
});
