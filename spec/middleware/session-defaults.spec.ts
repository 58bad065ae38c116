import { expect } from "chai";
import { UnsafeMemoryStore, type SessionOptions } from "../../lib/index.js";
import { app, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { EventLog } from "../support/event-log.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { MapStore } from "../support/map-store.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

const routes: Routes = {
  "/elsewhere": () => "no session here",
  "/look": (ctx) => ctx.session.data,
  "/fresh": (ctx) => ctx.session.isFresh,
  "/set": (ctx) => {
    ctx.session.data.user = "ann";
  },
};

describe("An object as defaultSessionData", () => {
  for (const [name, create] of Object.entries(stores)) {
    it(`is deeply copied for every session, with ${name}`, async () => {
      const defaultSessionData = { cart: [] as string[], prefs: { theme: { dark: false } } };
      const site = app(
        { store: create(), defaultSessionData },
        {
          "/": (ctx) => {
            ctx.session.data.cart.push("book");
            ctx.session.data.prefs.theme.dark = true;
            return ctx.session.data;
          },
          "/look": (ctx) => ctx.session.data,
          "/fails": (ctx) => {
            ctx.session.data.cart.push("book");
            throw new Error("handler");
          },
        },
      );
      const untouched = { cart: [], prefs: { theme: { dark: false } } };
      const ann = new Browser(site);
      await ann.get("/");
      await ann.get("/fails");
      await new Browser(site).get("/fails");
      expect(await (await new Browser(site).get("/look")).json()).to.deep.equal(untouched);
      expect(await (await ann.get("/look")).json()).to.deep.equal({
        cart: ["book"],
        prefs: { theme: { dark: true } },
      });
      expect(defaultSessionData).to.deep.equal(untouched);
    });
  }

  for (const [what, instance] of [
    ["a date", new Date(0)],
    [
      "an instance of a class",
      new (class {
        x = 1;
      })(),
    ],
    ["a map", new Map()],
  ] as const) {
    it(`is rejected if it holds ${what}, because all sessions would share it`, () => {
      const options = { store: new UnsafeMemoryStore(), defaultSessionData: { deep: [instance] } };
      expect(() => app(options, {})).to.throw(TypeError, /defaultSessionData.*instance/);
    });
  }

  it("is rejected if stringify returns a different text each time", () => {
    // Otherwise every read would count as a change.
    let nonce = 0;
    const store = new UnsafeMemoryStore({
      stringify: (data) => `${nonce++} ${JSON.stringify(data)}`,
    });
    const options = { store, defaultSessionData: {} };
    expect(() => app(options, {})).to.throw(TypeError, /stringify.*each time/);
  });

  it("is rejected if it holds a cycle", () => {
    const defaultSessionData: Record<string, unknown> = {};
    defaultSessionData.self = defaultSessionData;
    const options = { store: new UnsafeMemoryStore(), defaultSessionData };
    expect(() => app(options, {})).to.throw(TypeError, /defaultSessionData.*cycle/);
  });

  it("can be replaced by a function that makes a new date for each session", async () => {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: () => ({ since: new Date(0) }) },
      {
        "/": (ctx) => {
          const { since } = ctx.session.data;
          if (since instanceof Date) since.setUTCFullYear(2000);
        },
        "/look": (ctx) => ctx.session.data,
      },
    );
    await new Browser(site).get("/");
    const other = await new Browser(site).get("/look");
    expect(await other.json()).to.deep.equal({ since: "1970-01-01T00:00:00.000Z" });
  });

  it("can have keys that name prototypes, and changes no prototype", async () => {
    const defaultSessionData = JSON.parse(
      '{"constructor":{"prototype":{"polluted":true}}}',
    ) as object;
    const site = app({ store: new UnsafeMemoryStore(), defaultSessionData }, routes);
    const browser = new Browser(site);
    await browser.get("/set");
    expect(await (await browser.get("/look")).json()).to.have.property("user", "ann");
    expect({}).to.not.have.property("polluted");
  });

  it("is not saved until a handler changes it", async () => {
    const store = new WatchedMemoryStore();
    const browser = new Browser(app({ store, defaultSessionData: { n: 0 } }, routes));
    await browser.get("/look");
    expect(store.calls).to.deep.equal([]);
    await browser.get("/set");
    expect(store.calls).to.deep.equal(["create"]);
  });
});

describe("A function as defaultSessionData", () => {
  let calls: number;
  let store: MapStore;
  const log = new EventLog();

  beforeEach(() => {
    calls = 0;
    log.clear();
    store = new MapStore();
  });

  const siteOf = (defaultSessionData: SessionOptions["defaultSessionData"], more: Routes = {}) =>
    app({ store, defaultSessionData, onEvent: log.onEvent }, { ...routes, ...more });
  const token = async () => ({ token: ++calls });

  it("is called and awaited once for each fresh session, with the request's context", async () => {
    const site = siteOf(async (ctx) => {
      await Promise.resolve();
      return { token: ++calls, path: ctx.url.pathname };
    });
    const browser = new Browser(site);
    expect(await (await browser.get("/look")).json()).to.deep.equal({ token: 1, path: "/look" });
    await new Browser(site).get("/elsewhere");
    expect(calls).to.equal(2);
    // A loaded session needs no default data.
    expect(await (await browser.get("/look")).json()).to.deep.equal({ token: 1, path: "/look" });
    expect(calls).to.equal(2);
  });

  it("returns data that is saved when a handler reads it, because the data can be random", async () => {
    const browser = new Browser(siteOf(token));
    expect(setCookies(await browser.get("/look"))).to.have.length(1);
    expect(log.types).to.deep.equal(["saved"]);
    expect(await (await browser.get("/look")).json()).to.deep.equal({ token: 1 });
  });

  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    for (const path of ["/elsewhere", "/fresh"]) {
      it(`causes no store call and no cookie if no handler reads the data: ${method} ${path}`, async () => {
        // The older package wrote a record for every request without a cookie, even for crawlers.
        const response = await new Browser(siteOf(token)).request(path, { method });
        expect(setCookies(response)).to.deep.equal([]);
        expect(store.calls).to.deep.equal([]);
        expect(calls).to.equal(1);
      });
    }
  }

  it("can return the same object twice, and no two sessions share it", async () => {
    const shared = { cart: [] as string[] };
    const site = siteOf(() => shared, {
      "/buy": (ctx) => ctx.session.data.cart.push("book"),
    });
    await new Browser(site).get("/buy");
    expect(await (await new Browser(site).get("/look")).json()).to.deep.equal({ cart: [] });
    expect(shared).to.deep.equal({ cart: [] });
  });

  it("is called again by destroy(), and its data is saved if a handler reads it", async () => {
    const browser = new Browser(
      siteOf(token, {
        "/out": (ctx) => ctx.session.destroy(),
        "/out-and-look": async (ctx) => {
          await ctx.session.destroy();
          return ctx.session.data;
        },
      }),
    );
    await browser.get("/look");
    await browser.get("/out");
    expect(calls).to.equal(2);
    expect(browser.cookie("session")).to.equal(undefined);
    expect(store.sessions).to.deep.equal([]);

    await browser.get("/look");
    const response = await browser.get("/out-and-look");
    expect(await response.json()).to.deep.equal({ token: 4 });
    expect(await (await browser.get("/look")).json()).to.deep.equal({ token: 4 });
    expect(store.sessions).to.have.length(1);
  });

  it("that is slow does not prevent a destroy() without await", async () => {
    const slow = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return {};
    };
    const site = siteOf(slow, {
      "/out": (ctx) => {
        void ctx.session.data.user;
        void ctx.session.destroy();
      },
    });
    const browser = new Browser(site);
    await browser.get("/set");
    await browser.get("/out");
    expect(store.sessions).to.deep.equal([]);
    expect(await (await browser.get("/look")).json()).to.deep.equal({});
  });

  for (const [kind, makeDefaults] of Object.entries({
    synchronous: () => ({ n: 1 }),
    async slow() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { n: 1 };
    },
  })) {
    it(`that is ${kind} lets a handler set data right after a destroy() without await`, async () => {
      const site = siteOf(makeDefaults, {
        "/switch": (ctx) => {
          void ctx.session.destroy();
          ctx.session.data.user = "bob";
        },
      });
      const browser = new Browser(site);
      await browser.get("/set");
      await browser.get("/switch");
      expect(await (await browser.get("/look")).json()).to.deep.equal({ n: 1, user: "bob" });
    });
  }

  it("that returns an array with holes causes an error, and does not lose the holes", async () => {
    const site = siteOf(() => ({ board: Object.assign([], { length: 3 }) }));
    expect((await new Browser(site).get("/look")).status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_DATA");
  });

  for (const [what, answer] of [
    ["nothing", undefined],
    ["null", null],
    ["an array", []],
    ["a string", "{}"],
  ] as const) {
    it(`that returns ${what} causes an error that names the option`, async () => {
      const site = siteOf(() => answer as never);
      expect((await new Browser(site).get("/look")).status).to.equal(500);
      expectUsageError(site.errors[0], "defaultSessionData");
    });
  }

  it("that throws makes the request fail with its error", async () => {
    const failure = new Error("no database");
    const site = siteOf(() => {
      throw failure;
    });
    expect((await new Browser(site).get("/look")).status).to.equal(500);
    expect(site.errors).to.deep.equal([failure]);
  });

  it("that returns data that cannot be stored causes an error that names the key", async () => {
    const site = siteOf(() => ({ big: 1n }));
    expect((await new Browser(site).get("/look")).status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_DATA");
    expect(String(site.errors[0])).to.include('"big"');
  });
});
