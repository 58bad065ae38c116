import { expect } from "chai";
import sinon from "sinon";
import {
  EncryptedCookieStore,
  ExternalStore,
  KvSessionStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Insertion,
  type Replacement,
  type SessionOptions,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { keys } from "../support/middleware-stores.js";

const owner = (data: { userId?: string }) => data.userId;

/** A memory store that notes its calls, and in which a spec can make one of them fail. */
class NotedStore extends UnsafeMemoryStore {
  readonly calls: string[] = [];
  failing: string | undefined;

  protected override read(key: string): string | null {
    return this.#noted("read", () => super.read(key));
  }
  protected override create(key: string, insertion: Insertion): boolean {
    return this.#noted("create", () => super.create(key, insertion));
  }
  protected override update(key: string, replacement: Replacement): boolean {
    return this.#noted("update", () => super.update(key, replacement));
  }
  protected override remove(key: string): void {
    this.#noted("remove", () => super.remove(key));
  }
  protected override link(name: string, key: string, ttl: number): void {
    this.#noted("link", () => super.link(name, key, ttl));
  }
  protected override unlink(name: string, key: string): void {
    this.#noted("unlink", () => super.unlink(name, key));
  }
  protected override linked(name: string): string[] {
    return this.#noted("linked", () => super.linked(name));
  }

  #isInside = false;
  #noted<T>(hook: string, work: () => T): T {
    if (this.#isInside) return work();
    this.calls.push(hook);
    if (this.failing === hook) throw new Error(`no ${hook}`);
    this.#isInside = true;
    try {
      return work();
    } finally {
      this.#isInside = false;
    }
  }
}

/** The required hooks alone. */
class PlainStore extends ExternalStore {
  protected read(): null {
    return null;
  }
  protected create(): boolean {
    return true;
  }
  protected update(): boolean {
    return true;
  }
  protected remove(): void {}
}

class HalfIndexedStore extends PlainStore {
  protected override link(): void {}
  protected override linked(): string[] {
    return [];
  }
}

async function failureOf(call: () => Promise<unknown>): Promise<any> {
  return call().then(
    () => expect.fail("It resolved."),
    (error) => error,
  );
}

async function idOfOne(store: ExternalStore): Promise<string> {
  const sessions = await store.sessionsOf("ada");
  expect(sessions).to.have.length(1);
  return sessions[0]!.id;
}

describe("The option owner", () => {
  describe("is refused at construction by", () => {
    const make: Record<string, () => unknown> = {
      "an unsigned cookie store": () => new UnsignedCookieStore({ owner } as object),
      "a signed cookie store": () => new SignedCookieStore(keys, { owner } as object),
      "an encrypted cookie store": () => new EncryptedCookieStore(keys, { owner } as object),
    };
    for (const [store, construct] of Object.entries(make)) {
      it(`${store}, which names the generation number`, () => {
        expect(construct).to.throw(TypeError, /CookieStore has no option owner: .*generation/);
      });
    }

    for (const Store of [PlainStore, HalfIndexedStore]) {
      it(`${Store.name}, which lacks hooks`, () => {
        expect(() => new Store()).to.not.throw();
        expect(() => new Store({ owner })).to.throw(
          TypeError,
          `${Store.name} has no option owner, because it lacks the hooks link(), unlink() and linked().`,
        );
      });
    }

    for (const value of ["userId", 7, null, {}]) {
      it(`every external store if it is ${JSON.stringify(value)}`, () => {
        expect(() => new UnsafeMemoryStore({ owner: value as any })).to.throw(
          TypeError,
          "The option owner must be a function of the data: (data) => data.userId.",
        );
      });
    }
  });

  describe("is needed by", () => {
    const calls: Record<string, (store: ExternalStore) => Promise<unknown>> = {
      sessionsOf: (store) => store.sessionsOf("ada"),
      endSession: (store) => store.endSession("A".repeat(43), { owner: "ada" }),
      endSessionsOf: (store) => store.endSessionsOf("ada"),
    };
    for (const [method, call] of Object.entries(calls)) {
      it(`${method}()`, async () => {
        const error = await failureOf(() => call(new UnsafeMemoryStore()));
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.match(
          new RegExp(`^${method}\\(\\) needs the store's option owner: `),
        );
      });

      it(`${method}() on KV, with the context`, async () => {
        const kv = new KvSessionStore({ getStore: () => expect.fail("It was called."), owner });
        const error = await failureOf(() => call(kv));
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.match(new RegExp(`^Pass the context: store\\.${method}\\(.*ctx`));
      });
    }
  });

  describe("of a call must be a string of 1 to 1024 bytes:", () => {
    const store = new UnsafeMemoryStore({ owner });
    for (const value of [undefined, null, 7, "", "x".repeat(1025), "\u{1F36A}".repeat(257), {}]) {
      const shown = JSON.stringify(value)?.slice(0, 20);
      it(`${shown} is refused`, async () => {
        const wrong = value as string;
        for (const call of [
          () => store.sessionsOf(wrong),
          () => store.endSession("A".repeat(43), { owner: wrong }),
          () => store.endSessionsOf(wrong),
        ]) {
          const error = await failureOf(call);
          expect(error).to.be.instanceOf(TypeError);
          expect(error.message).to.match(
            /^The owner for \w+\(\) must be a string of 1 to 1024 bytes/,
          );
        }
      });
    }
    for (const value of ["x".repeat(1024), "\u{1F36A}".repeat(256), "a b", "*", "\0"]) {
      it(`${JSON.stringify(value).slice(0, 20)} is accepted`, async () => {
        expect(await store.sessionsOf(value)).to.deep.equal([]);
      });
    }
  });

  describe("except must be a session:", () => {
    const store = new UnsafeMemoryStore({ owner });
    for (const value of ["A".repeat(43), null, 7, {}, { id: "made up" }, { id: null }]) {
      it(`${JSON.stringify(value)} is refused, and nothing ends`, async () => {
        const error = await failureOf(() => store.endSessionsOf("ada", { except: value as any }));
        expect(error).to.be.instanceOf(TypeError);
        expect(error.message).to.match(/^The option except must be a session/);
      });
    }
  });

  describe("of the store", () => {
    const site = (store: ExternalStore, options: Partial<SessionOptions> = {}) => {
      const log = new EventLog();
      const routes = app(
        { store, defaultSessionData: {}, onEvent: log.onEvent, idleTimeout: 1000, ...options },
        {
          "/": ({ session }) => session.data.userId ?? null,
          "/visit": ({ session }) => void (session.data.visits = (session.data.visits ?? 0) + 1),
          "/login": async ({ session }) => {
            await session.regenerate();
            session.data.userId = "ada";
          },
          "/logout": ({ session }) => session.destroy(),
          "/regenerate": ({ session }) => session.regenerate(),
        },
      );
      return { log, app: routes, browser: new Browser(routes) };
    };

    for (const [what, option] of Object.entries<() => any>({
      "a number": () => 7,
      "an empty string": () => "",
      "a long string": () => "x".repeat(1025),
      "a promise": async () => "ada",
    })) {
      it(`returns ${what}: the save fails, and names the option`, async () => {
        const { app: routes, browser } = site(new UnsafeMemoryStore({ owner: option }));
        expect((await browser.get("/visit")).status).to.equal(500);
        expect(routes.errors[0]).to.include({ code: "ERR_SESSION_DATA" });
        expect(String(routes.errors[0])).to.include("The option owner must return a string");
        expect(browser.cookie("session")).to.equal(undefined);
      });
    }

    it("throws: the save fails, and names the option", async () => {
      const { app: routes, browser } = site(
        new UnsafeMemoryStore({ owner: (data: any) => data.user.id }),
      );
      expect((await browser.get("/visit")).status).to.equal(500);
      expect(routes.errors[0]).to.include({ code: "ERR_SESSION_DATA" });
      expect(String(routes.errors[0])).to.include("The option owner threw");
    });

    it("gets a copy of the data", async () => {
      const store = new UnsafeMemoryStore({ owner: (data: any) => void (data.planted = true) });
      const { browser } = site(store);
      await browser.get("/visit");
      await browser.get("/login");
      expect(await (await browser.get("/")).json()).to.equal("ada");
      expect(store.size).to.be.greaterThan(0);
    });

    it("costs nothing for a request that changes no owner, and one call for each that does", async () => {
      const store = new NotedStore({ owner });
      const { browser } = site(store, { renewAfter: 1000 });
      const callsOf = async (path: string, visitor = browser) => {
        store.calls.length = 0;
        await visitor.get(path);
        return store.calls.join(" ");
      };
      expect(await callsOf("/visit")).to.equal("create");
      expect(await callsOf("/login")).to.equal("read create update link update");
      expect(await callsOf("/visit")).to.equal("read update");
      expect(await callsOf("/")).to.equal("read");
      expect(await callsOf("/regenerate")).to.equal("read link create update update unlink");
      expect(await callsOf("/logout")).to.equal("read update unlink");
      expect(await callsOf("/login")).to.equal("link create");
      const always = site(store, { renewAfter: 0 }).browser;
      expect(await callsOf("/login", always)).to.equal("link create");
      store.calls.length = 0;
      expect(await store.sessionsOf("ada")).to.have.length(2);
      expect(store.calls.join(" ")).to.equal("linked read read");
    });

    it("makes no change of a session when the index cannot be written", async () => {
      const store = new NotedStore({ owner });
      const { browser } = site(store);
      await browser.get("/visit");
      store.failing = "link";
      expect((await browser.get("/login")).status).to.equal(500);
      store.failing = undefined;
      expect(await (await browser.get("/")).json()).to.equal(null);
      expect(await store.sessionsOf("ada")).to.deep.equal([]);
    });

    it("lets a user log out although the index cannot be written", async () => {
      const store = new NotedStore({ owner });
      const { browser } = site(store);
      await browser.get("/login");
      store.failing = "unlink";
      expect((await browser.get("/logout")).status).to.equal(200);
      expect(await store.sessionsOf("ada")).to.deep.equal([]);
    });

    it("ends a session that has moved twenty times without a pause, so that no client stays ahead", async () => {
      const store = new UnsafeMemoryStore({ owner });
      const { browser } = site(store);
      await browser.get("/login");
      const id = await idOfOne(store);
      for (let move = 1; move <= 20; move++) await browser.get("/regenerate");
      const timers = sinon.spy(globalThis, "setTimeout");
      try {
        expect(await store.endSession(id, { owner: "ada" })).to.equal(true);
        expect(timers.callCount).to.equal(0);
      } finally {
        timers.restore();
      }
    });

    it("lists no second device after a crash in the middle of regenerate()", async () => {
      const store = new NotedStore({ owner });
      const { browser } = site(store);
      await browser.get("/login");
      const id = await idOfOne(store);
      store.failing = "update";
      expect((await browser.get("/regenerate")).status).to.equal(500);
      store.failing = undefined;
      expect((await store.sessionsOf("ada")).map((one) => one.id)).to.deep.equal([id]);
      await browser.get("/logout");
      expect(await store.sessionsOf("ada")).to.deep.equal([]);
      expect(await store.endSessionsOf("ada")).to.equal(0);
    });

    it("ends sessions that the app's parse can no longer read, and does not list them", async () => {
      let refuses = false;
      const parse = (text: string) => (refuses ? expect.fail("an old format") : JSON.parse(text));
      const store = new UnsafeMemoryStore({ owner, parse });
      const { browser } = site(store);
      await browser.get("/login");
      const id = await idOfOne(store);
      refuses = true;
      expect(await store.sessionsOf("ada")).to.deep.equal([]);
      expect(await store.endSession(id, { owner: "ada" })).to.equal(false);
      expect(await store.endSessionsOf("ada")).to.equal(1);
      refuses = false;
      expect(await (await browser.get("/")).json()).to.equal(null);
    });
  });

  it("waits for all calls before a sweep rejects, so that none uses what the request has closed", async () => {
    let running = 0;
    class SlowStore extends UnsafeMemoryStore {
      isBroken = false;
      protected override read(key: string): any {
        if (!this.isBroken) return super.read(key);
        running++;
        const isFirst = running === 1;
        return new Promise((resolve, reject) => {
          setTimeout(
            () => {
              running--;
              if (isFirst) reject(new Error("The connection is lost."));
              else resolve(null);
            },
            isFirst ? 1 : 30,
          );
        });
      }
    }
    const store = new SlowStore({ owner });
    const login = app(
      { store, defaultSessionData: {} },
      { "/": ({ session }) => void (session.data.userId = "ada") },
    );
    for (let device = 1; device <= 3; device++) await new Browser(login).get("/");
    store.isBroken = true;
    const error = await failureOf(() => store.endSessionsOf("ada"));
    expect(error).to.include({ code: "ERR_SESSION_STORE" });
    expect(running).to.equal(0);
  });

  /** In which each listing finds a new session, for as long as `arrivals` says. */
  class BusyStore extends UnsafeMemoryStore {
    arrivals = 0;
    listings = 0;
    #login = app(
      { store: this, defaultSessionData: {} },
      { "/": ({ session }) => void (session.data.userId = "ada") },
    );
    protected override linked(name: string): any {
      this.listings++;
      return (async () => {
        if (this.arrivals-- > 0) await new Browser(this.#login).get("/");
        return super.linked(name);
      })();
    }
  }

  it("makes a sweep pass again until it finds nothing", async () => {
    const store = new BusyStore({ owner });
    store.arrivals = 3;
    expect(await store.endSessionsOf("ada")).to.equal(3);
    expect(store.listings).to.equal(4);
    expect(await store.sessionsOf("ada")).to.deep.equal([]);
  });

  it("makes a sweep reject, with no number, when log-ins come faster than they can be ended", async () => {
    const store = new BusyStore({ owner });
    store.arrivals = Infinity;
    const error = await failureOf(() => store.endSessionsOf("ada"));
    expect(error).to.include({ code: "ERR_SESSION_CONFLICT" });
    expect(error.message).to.include("some may be left: try again");
  });

  describe("makes a sweep pass again after one in which 40 seconds passed", () => {
    let clock: Clock;
    const { now } = performance;
    beforeEach(() => (clock = new Clock()));
    afterEach(() => {
      clock.restore();
      performance.now = now;
    });

    const jumps: Record<string, () => void> = {
      "by the system clock": () => clock.pass(40),
      "by the clock of the process": () => {
        performance.now = () => now.call(performance) + 40_000;
      },
    };
    for (const [which, jump] of Object.entries(jumps)) {
      it(which, async () => {
        class SlowStore extends BusyStore {
          protected override linked(name: string): any {
            if (this.listings === 0) jump();
            return super.linked(name);
          }
        }
        const store = new SlowStore({ owner });
        expect(await store.endSessionsOf("ada")).to.equal(0);
        expect(store.listings).to.equal(2);
      });
    }
  });

  it("spares a session that another user has got while the sweep waited for its turn", async () => {
    let reached = (): void => {};
    let go = (): void => {};
    const isReached = new Promise<void>((resolve) => (reached = resolve));
    const mayGo = new Promise<void>((resolve) => (go = resolve));
    class HeldStore extends UnsafeMemoryStore {
      protected override update(key: string, replacement: Replacement): any {
        reached();
        return mayGo.then(() => super.update(key, replacement));
      }
    }
    const store = new HeldStore({ owner });
    const become = app(
      { store, defaultSessionData: {} },
      { "/": ({ session, url }) => void (session.data.userId = url.searchParams.get("user")!) },
    );
    const browser = new Browser(become);
    await browser.get("/?user=ada");
    const response = browser.get("/?user=bob");
    await isReached;
    const count = store.endSessionsOf("ada");
    await new Promise(setImmediate);
    go();
    await response;
    expect(await count).to.equal(0);
    expect(await store.sessionsOf("bob")).to.have.length(1);
  });

  it("lets a session move whose record has the largest size that is stored", async () => {
    const text = JSON.stringify({ userId: "ada", filler: "" });
    const maxBytes = 200;
    const store = new UnsafeMemoryStore({ owner, maxBytes });
    const filler = "x".repeat(maxBytes - `1.1800000000.1800086400.${text}`.length);
    const full = app(
      { store, defaultSessionData: {} },
      {
        "/": ({ session }) => void Object.assign(session.data, { userId: "ada", filler }),
        "/more": ({ session }) => void (session.data.filler += "x"),
        "/move": ({ session }) => session.regenerate(),
      },
    );
    const browser = new Browser(full);
    expect((await browser.get("/")).status).to.equal(200);
    expect((await browser.get("/more")).status).to.equal(500);
    expect((await browser.get("/move")).status).to.equal(200);
    expect(await store.sessionsOf("ada")).to.have.length(1);
  });

  it("makes linked() answer for its answers", async () => {
    class WrongStore extends UnsafeMemoryStore {
      protected override linked(): any {
        return new Set(["session:"]);
      }
    }
    const error = await failureOf(() => new WrongStore({ owner }).sessionsOf("ada"));
    expect(error).to.include({ code: "ERR_SESSION_USAGE" });
    expect(error.message).to.include("linked() must return an array of the keys");
  });
});
