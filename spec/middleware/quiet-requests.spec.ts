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
      it(`causes no store call and no cookie: ${method} ${path}`, async () => {
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

  it("causes no load and no save in a cookie store", async () => {
    const store = new SignedCookieStore(keys);
    const save = sinon.spy(store, "save");
    const load = sinon.spy(store, "load");
    const site = app({ store, defaultSessionData: {} }, routes);
    await new Browser(site).get("/look");
    expect(save.callCount + load.callCount).to.equal(0);
  });

  it("with an unknown ID causes one read, no write and no cookie", async () => {
    // CVE-2015-5143 and CVE-2015-5964 in Django: any client could fill the store with empty records.
    const store = new WatchedMemoryStore();
    const site = app({ store, defaultSessionData: {} }, routes);
    for (const path of ["/elsewhere", "/look"]) {
      store.calls.length = 0;
      const response = await new Browser(site).get(path, { cookie: `session=${UNKNOWN_ID}` });
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(store.calls).to.deep.equal(["read"]);
    }
  });

  it("with a malformed ID causes no store call", async () => {
    const store = new WatchedMemoryStore();
    const site = app({ store, defaultSessionData: {} }, routes);
    for (const value of ["x", "../../x", "billing:ledger", "x".repeat(100_000), `${UNKNOWN_ID}=`]) {
      await new Browser(site).get("/look", { cookie: `session=${value}` });
    }
    expect(store.calls).to.deep.equal([]);
  });

  it("that logs out writes and deletes nothing", async () => {
    // The older package deleted any backend key that a cookie named.
    const store = new WatchedMemoryStore();
    const site = app(
      { store, defaultSessionData: {} },
      { "/out": (ctx) => ctx.session.destroy(), "/new": (ctx) => ctx.session.regenerate() },
    );
    for (const path of ["/out", "/new"]) {
      const response = await new Browser(site).get(path);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      await new Browser(site).get(path, { cookie: "session=billing:ledger" });
    }
    expect(store.calls).to.deep.equal([]);
    // destroy() reads once more: the session may have moved meanwhile.
    for (const [path, calls] of [
      ["/out", ["read", "read"]],
      ["/new", ["read"]],
    ] as const) {
      store.calls.length = 0;
      await new Browser(site).get(path, { cookie: `session=${UNKNOWN_ID}` });
      expect(store.calls).to.deep.equal(calls);
    }
    expect(store.keys.every((key) => /^session:[\w-]{43}$/.test(key))).to.equal(true);
    expect(store.keys.join()).to.not.include(UNKNOWN_ID);
  });
});

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, a request that changes nothing`, () => {
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
      ["it does not use the session", "/elsewhere"],
      ["it only reads", "/look"],
      ["it assigns equal data", "/same"],
      ["it reverts its change", "/back"],
    ] as const) {
      it(`writes nothing if ${what}`, async () => {
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
  it(`With ${name}, a request that only reads writes nothing if parse adds defaults and reorders keys`, async () => {
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

it("A renewal does not change the stored data if parse reorders keys", async () => {
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

it("A request that only reads does not overwrite the change of a parallel request", async () => {
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
