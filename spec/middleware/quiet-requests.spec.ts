import { expect } from "chai";
import sinon from "sinon";
import {
  SignedCookieStore,
  UnsignedCookieStore,
  type SerializationOptions,
  type SessionStore,
} from "../../lib/index.js";
import { app, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { MapStore } from "../support/map-store.js";
import { keys, stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

const routes: Routes = {
  "/elsewhere": () => "no session here",
  "/look": (ctx) => ({ ...ctx.session.data, isFresh: ctx.session.isFresh }),
  "/set": (ctx) => {
    ctx.session.data.user = "ann";
  },
  "/same": (ctx) => {
    ctx.session.data.user = String(ctx.session.data.user);
    ctx.session.data = { ...ctx.session.data };
  },
  "/back": (ctx) => {
    const { user } = ctx.session.data;
    ctx.session.data.user = "bob";
    ctx.session.data.user = user;
  },
};

const UNKNOWN_ID = "MfHXxMsBQmHBrQRULY6T4-sTxXqCKXzpsVWnT5mEYkc";

describe("Anonymous traffic", () => {
  for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
    for (const path of ["/elsewhere", "/look"]) {
      it(`costs no store call and sets no cookie: ${method} ${path}`, async () => {
        const store = new WatchedMemoryStore();
        const site = app({ store, defaultSessionData: { user: "nobody" } }, routes);
        const response = await new Browser(site).request(path, { method });
        expect(response.status).to.equal(200);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(store.calls).to.deep.equal([]);
        expect(store.size).to.equal(0);
      });
    }
  }

  it("seals nothing in a cookie store", async () => {
    const store = new SignedCookieStore(keys);
    const save = sinon.spy(store, "save");
    const load = sinon.spy(store, "load");
    const site = app({ store, defaultSessionData: {} }, routes);
    await new Browser(site).get("/look");
    expect(save.callCount + load.callCount).to.equal(0);
  });

  it("that sends an unknown ID costs one read, and no write or cookie", async () => {
    // CVE-2015-5143 and CVE-2015-5964 in Django: empty records for whoever asked
    // for them filled the store.
    const store = new WatchedMemoryStore();
    const site = app({ store, defaultSessionData: {} }, routes);
    for (const path of ["/elsewhere", "/look"]) {
      store.calls.length = 0;
      const response = await new Browser(site).get(path, { cookie: `session=${UNKNOWN_ID}` });
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(store.calls).to.deep.equal(["read"]);
    }
  });

  it("that sends what cannot be an ID costs no store call at all", async () => {
    const store = new WatchedMemoryStore();
    const site = app({ store, defaultSessionData: {} }, routes);
    for (const value of ["x", "../../x", "billing:ledger", "x".repeat(100_000), `${UNKNOWN_ID}=`]) {
      await new Browser(site).get("/look", { cookie: `session=${value}` });
    }
    expect(store.calls).to.deep.equal([]);
  });

  it("that logs out writes and deletes nothing", async () => {
    // The older package deleted whatever key of the backend the cookie named.
    const store = new WatchedMemoryStore();
    const site = app(
      { store, defaultSessionData: {} },
      { "/out": (ctx) => ctx.session.destroy(), "/new": (ctx) => ctx.session.regenerate() },
    );
    for (const path of ["/out", "/new"]) {
      const response = await new Browser(site).get(path);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      for (const value of [UNKNOWN_ID, "billing:ledger"]) {
        await new Browser(site).get(path, { cookie: `session=${value}` });
      }
    }
    expect(store.calls).to.deep.equal(["read", "read"]);
    expect(store.keys.every((key) => /^session:[\w-]{43}$/.test(key))).to.equal(true);
    expect(store.keys.join()).to.not.include(UNKNOWN_ID);
  });
});

for (const [name, create] of Object.entries(stores)) {
  describe(`A request that changed nothing, in ${name},`, () => {
    async function visitor() {
      const store = create();
      const log = new EventLog();
      const site = app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes);
      const browser = new Browser(site);
      await browser.get("/set");
      log.clear();
      const save = sinon.spy(store, "save");
      return { browser, log, save };
    }

    for (const [what, path] of [
      ["that it did not look", "/elsewhere"],
      ["that it only read", "/look"],
      ["that it wrote what was there", "/same"],
      ["that it took its change back", "/back"],
    ] as const) {
      it(`writes nothing: because of ${what}`, async () => {
        const { browser, log, save } = await visitor();
        const response = await browser.get(path);
        expect(response.status).to.equal(200);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(save.callCount).to.equal(0);
        expect(log.types).to.deep.equal([]);
      });
    }
  });
}

for (const [name, make] of [
  ["UnsignedCookieStore", (options) => new UnsignedCookieStore(options)],
  ["UnsafeMemoryStore", (options) => new WatchedMemoryStore(options)],
] as const satisfies readonly [string, (options: SerializationOptions) => SessionStore][]) {
  it(`A request that only read writes nothing where parse fills in defaults and orders keys, in ${name}`, async () => {
    const log = new EventLog();
    const site = app(
      {
        store: make({
          parse(text) {
            const { cart = [], user } = JSON.parse(text) as { cart?: string[]; user?: string };
            return { cart, user };
          },
        }),
        defaultSessionData: {},
        onEvent: log.onEvent,
      },
      {
        "/login": (ctx) => void (ctx.session.data = { user: "ann" }),
        "/add": (ctx) => ctx.session.data.cart.push("tea"),
        "/": (ctx) => ctx.session.data,
      },
    );
    const browser = new Browser(site);
    await browser.get("/login");
    log.clear();
    const response = await browser.get("/");
    expect(await response.json()).to.deep.equal({ cart: [], user: "ann" });
    expect(setCookies(response)).to.deep.equal([]);
    expect(log.types).to.deep.equal([]);
    await browser.get("/add");
    expect(await (await browser.get("/")).json()).to.deep.equal({ cart: ["tea"], user: "ann" });
    expect(log.types).to.deep.equal(["saved"]);
  });
}

it("A renewal leaves the data as they are stored where parse would write them in another order", async () => {
  const clock = new Clock();
  try {
    const store = new MapStore({
      parse(text) {
        const { cart, user } = JSON.parse(text) as { cart: string[]; user: string };
        return { cart, user };
      },
    });
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/login": (ctx) => void (ctx.session.data = { user: "ann", cart: [] }),
        "/": (ctx) => ctx.session.data,
      },
    );
    const browser = new Browser(site);
    await browser.get("/login");
    clock.pass(10_000);
    expect(setCookies(await browser.get("/"))).to.have.length(1);
    expect(store.calls).to.deep.equal(["create", "read", "update"]);
    expect(store.record).to.contain('{"user":"ann","cart":[]}');
  } finally {
    clock.restore();
  }
});

it("A request that only read writes nothing to a store that is written by hand, without what is optional", async () => {
  const kept = new WatchedMemoryStore();
  const store: SessionStore = {
    serialize: (data, lifetime) => kept.serialize(data, lifetime),
    load: (value, scope) => kept.load(value, scope),
    save: (loaded, next, scope) => kept.save(loaded, next, scope),
    regenerate: (loaded, next, scope) => kept.regenerate(loaded, next, scope),
    destroy: (loaded, scope) => kept.destroy(loaded, scope),
  };
  const log = new EventLog();
  const browser = new Browser(app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes));
  await browser.get("/set");
  await browser.get("/look");
  expect(log.types).to.deep.equal(["saved"]);
});

it("A request that only read overwrites no change that another made meanwhile", async () => {
  const store = new WatchedMemoryStore();
  let meanwhile = async () => {};
  const site = app(
    { store, defaultSessionData: { n: 0 } },
    {
      "/count": (ctx) => ++ctx.session.data.n,
      "/slow": async (ctx) => {
        const { n } = ctx.session.data;
        await meanwhile();
        return n;
      },
      "/look": (ctx) => ctx.session.data.n,
    },
  );
  const browser = new Browser(site);
  await browser.get("/count");
  meanwhile = async () => void (await browser.get("/count"));
  expect(await (await browser.get("/slow")).json()).to.equal(1);
  expect(await (await browser.get("/look")).json()).to.equal(2);
});
