import { expect } from "chai";
import { createClient } from "redis";
import { EncryptedCookieStore, RedisSessionStore, type SessionOptions } from "../../lib/index.js";
import { app, type App, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { MapStore } from "../support/map-store.js";
import { keys, stores } from "../support/middleware-stores.js";
import { PATIENT } from "../support/patient.js";
import { RedisServer } from "../support/redis-server.js";
import { setCookies } from "../support/set-cookie.js";

const DAY = 86_400;
const newKey = await EncryptedCookieStore.generateKey();

let redis: RedisServer | undefined;

/** Starts a server for the specs of a `describe`, if its name says that they need one. */
function startRedisFor(name: string): void {
  before(async () => {
    if (name.startsWith("Redis")) redis = await RedisServer.start();
  });
  after(async () => {
    await redis?.stop();
    redis = undefined;
  });
}

type Store = SessionOptions["store"] & { close?(): Promise<void> };
const kinds: Record<string, () => Store> = {
  ...stores,
  RedisSessionStore: () =>
    new RedisSessionStore({
      timeout: PATIENT,
      getClient: () => createClient({ url: redis!.url }),
    }),
};

for (const [name, create] of Object.entries(kinds)) {
  describe(`With ${name},`, () => {
    startRedisFor(name);
    let clock: Clock;
    let log: EventLog;
    let store: Store;
    let browser: Browser;
    /** The next request runs this between loading and saving its session. */
    let meanwhile: () => unknown;

    const routes: Routes = {
      "/": ({ session }) => session.data,
      "/begin": ({ session }) => void (session.data.user = "ada"),
      "/save": async ({ session }) => {
        session.data.saved = true;
        await meanwhile();
      },
      "/update": ({ session }) => session.update((data) => void (data.updated = true)),
      "/regenerate": ({ session }) => session.regenerate(),
      "/remember-me": async ({ session }) => {
        await session.regenerate();
        session.lifetime = 30 * DAY;
      },
    };

    beforeEach(() => {
      clock = new Clock();
      log = new EventLog();
      store = create();
      meanwhile = () => {};
    });
    afterEach(async () => {
      clock.restore();
      await store.close?.();
    });

    const siteOf = (options: Partial<SessionOptions>): App =>
      app({ store, defaultSessionData: {}, onEvent: log.onEvent, ...options }, routes);

    describe("a session of 30 days, after idleTimeout was lowered to 15 minutes,", () => {
      let old: Browser;

      beforeEach(async () => {
        old = new Browser(siteOf({ idleTimeout: 30 * DAY }));
        browser = new Browser(siteOf({ idleTimeout: 900 }), { jar: old.jar });
        await old.get("/begin");
        clock.pass(DAY);
        log.clear();
      });

      const writes: Record<string, () => Promise<Response>> = {
        "a save": () => browser.get("/save"),
        "a save beside a request to a server with the old options": () => {
          const cookie = `session=${browser.cookie("session")}`;
          meanwhile = () => old.get("/update", { cookie });
          return browser.get("/save");
        },
        "an update()": () => browser.get("/update"),
        "a regenerate()": () => browser.get("/regenerate"),
      };
      for (const [write, run] of Object.entries(writes)) {
        it(`ends 15 minutes after ${write}`, async () => {
          const response = await run();
          expect(response.status).to.equal(200);
          for (const { attributes } of setCookies(response)) {
            expect(attributes).to.include({ "max-age": "900" });
          }
          clock.pass(900);
          // The client may keep an ID longer than its session: no browser is asked.
          const cookie = `session=${browser.cookie("session")}`;
          for (const visitor of [browser, new Browser(siteOf({ idleTimeout: 30 * DAY }))]) {
            expect(await (await visitor.get("/", { cookie })).json()).to.deep.equal({});
          }
        });

        it(`is alive until 15 minutes after ${write}`, async () => {
          await run();
          clock.pass(899);
          expect(await (await browser.get("/")).json()).to.include({ user: "ada" });
        });
      }

      it("tells the browser the shorter life after a save", async () => {
        const cookies = setCookies(await browser.get("/save"));
        expect(cookies.map(({ attributes }) => attributes["max-age"])).to.deep.equal(["900"]);
      });

      it("is not written by a request that only reads", async () => {
        expect(setCookies(await browser.get("/"))).to.deep.equal([]);
        expect(log.types).to.deep.equal([]);
        clock.pass(901);
        expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ada" });
      });
    });

    describe("the absolute timeout", () => {
      const options = { idleTimeout: 30 * DAY, absoluteTimeout: 30 * DAY };

      it("begins anew with regenerate(), so that a guest of 25 days can be remembered for 30", async () => {
        browser = new Browser(siteOf(options));
        await browser.get("/begin");
        clock.pass(25 * DAY);
        const [cookie] = setCookies(await browser.get("/remember-me"));
        expect(cookie!.attributes).to.include({ "max-age": `${30 * DAY}` });
        clock.pass(30 * DAY - 1);
        expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ada" });
        clock.pass(1);
        expect(await (await browser.get("/")).json()).to.deep.equal({});
      });

      it("does not begin anew with a save", async () => {
        browser = new Browser(siteOf(options));
        await browser.get("/begin");
        clock.pass(25 * DAY);
        await browser.get("/save");
        clock.pass(5 * DAY);
        expect(await (await browser.get("/")).json()).to.deep.equal({});
      });
    });
  });
}

describe("A request that is due for a renewal, while the store refuses writes,", () => {
  const routes: Routes = {
    "/": ({ session }) => session.data,
    "/begin": ({ session }) => void (session.data.user = "ada"),
    "/change": ({ session }) => void (session.data.user = "eve"),
    "/lifetime": ({ session }) => void (session.lifetime = 5000),
  };
  class FailingSeal extends EncryptedCookieStore {
    isRefusing = false;
    protected override seal(
      ...args: Parameters<EncryptedCookieStore["seal"]>
    ): ReturnType<EncryptedCookieStore["seal"]> {
      if (this.isRefusing) throw new Error("The key service is down.");
      return super.seal(...args);
    }
  }
  /** A store, another one that writes the first session, and how the first one refuses writes. */
  const worlds: Record<
    string,
    () => { store: Store; first: Store; refuse(isRefusing: boolean): unknown }
  > = {
    memory() {
      const store = new MapStore();
      const failing = (hook: string, call: () => unknown): unknown => {
        if (hook !== "read") throw new Error("read-only");
        return call();
      };
      const refuse = (isRefusing: boolean) =>
        store.interfereAlways(isRefusing ? failing : undefined);
      return { store, first: store, refuse };
    },
    "Redis without memory"() {
      const store = kinds["RedisSessionStore"]!();
      const refuse = (isRefusing: boolean) =>
        redis!.cli("CONFIG", "SET", "maxmemory", isRefusing ? "1" : "0");
      return { store, first: store, refuse };
    },
    "sealed cookies"() {
      const store = new FailingSeal(keys);
      return { store, first: store, refuse: (isRefusing) => (store.isRefusing = isRefusing) };
    },
    "sealed cookies, where it is also due for a reissue"() {
      const store = new FailingSeal([newKey, ...keys]);
      const refuse = (isRefusing: boolean) => (store.isRefusing = isRefusing);
      return { store, first: new EncryptedCookieStore(keys), refuse };
    },
  };
  for (const [name, world] of Object.entries(worlds)) {
    describe(`over ${name},`, () => {
      startRedisFor(name);
      let clock: Clock;
      let log: EventLog;
      let site: App;
      let browser: Browser;
      let store: Store;
      let refuse: (isRefusing: boolean) => unknown;

      beforeEach(async () => {
        clock = new Clock();
        log = new EventLog();
        let first: Store;
        ({ store, first, refuse } = world());
        const options = { defaultSessionData: {}, idleTimeout: 1000, onEvent: log.onEvent };
        const earlier = new Browser(app({ ...options, store: first }, routes));
        site = app({ ...options, store }, routes);
        browser = new Browser(site, { jar: earlier.jar });
        await earlier.get("/begin");
        clock.pass(500);
        log.clear();
        await refuse(true);
      });
      afterEach(async () => {
        clock.restore();
        await refuse(false);
        await store.close?.();
      });

      it("is answered without a cookie, and the next request renews the session", async () => {
        const response = await browser.get("/");
        expect(site.errors).to.deep.equal([]);
        expect(await response.json()).to.deep.equal({ user: "ada" });
        expect(setCookies(response)).to.deep.equal([]);
        expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
        await refuse(false);
        expect(setCookies(await browser.get("/"))).to.have.length(1);
      });

      for (const path of ["/change", "/lifetime"]) {
        it(`fails if its handler has changed the session: ${path}`, async () => {
          expect((await browser.get(path)).status).to.equal(500);
          expect(site.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
          await refuse(false);
          expect(await (await browser.get("/")).json()).to.deep.equal({ user: "ada" });
        });
      }
    });
  }
});
