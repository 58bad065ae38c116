import { expect } from "chai";
import { KvSessionStore, type KvNamespace } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { PATIENT } from "../support/patient.js";
import { WorkerKv, type WorkerKvNamespace } from "../support/worker-kv.js";

/** So much longer than its session an entry lives, because the clocks of servers differ: seconds. */
const MARGIN = 60;

const owner = (data: { user?: string }) => data.user;

describe("The sessions of an owner in Workers KV", () => {
  let kv: WorkerKv;
  let namespace: WorkerKvNamespace;
  /** The methods of the namespace that a spec lets fail, and what it counts. */
  let faults: Partial<KvNamespace>;
  let store: KvSessionStore;
  let site: App;

  before(async () => {
    kv = await WorkerKv.start();
    ({ namespace } = kv);
  });
  after(() => kv.dispose());

  beforeEach(async () => {
    for (const name of await names()) await namespace.delete(name);
    faults = {};
    store = new KvSessionStore({ timeout: PATIENT, getStore, owner });
    site = appOn(store);
  });

  /** Only a real request has the namespace. */
  function getStore(ctx: { platform: { SESSIONS: WorkerKvNamespace } }): KvNamespace {
    const { SESSIONS } = ctx.platform;
    return {
      get: (key) => SESSIONS.get(key, "text"),
      put: (key, text, options) => SESSIONS.put(key, text, options),
      delete: (key) => SESSIONS.delete(key),
      list: ({ prefix, cursor }) => SESSIONS.list({ prefix, cursor: cursor ?? null }),
      ...faults,
    };
  }

  const names = async () => (await namespace.list()).keys.map(({ name }) => name);
  const entries = async () => (await names()).filter((name) => name.includes(":owner:"));

  async function loggedIn(user = "ada"): Promise<Browser> {
    const browser = new Browser(site, { platform: { SESSIONS: namespace } });
    expect((await browser.post(`/login?user=${user}`)).status).to.equal(200);
    expect(site.errors).to.deep.equal([]);
    return browser;
  }

  const jsonOf = async (response: Promise<Response>): Promise<any> => (await response).json();

  it("are listed and ended, by requests", async () => {
    const [own, one, two] = [await loggedIn(), await loggedIn(), await loggedIn()];
    const bob = await loggedIn("bob");
    const ids = [];
    for (const browser of [own, one, two]) ids.push(await jsonOf(browser.get("/id")));
    expect(await jsonOf(own.get("/sessions"))).to.have.members(ids);
    expect(await jsonOf(own.post(`/end?id=${ids[1]}`))).to.equal(true);
    expect(await jsonOf(bob.post(`/end?id=${ids[2]}`))).to.equal(false);
    expect(await jsonOf(one.get("/"))).to.equal(null);
    expect(await jsonOf(two.get("/"))).to.equal("ada");
    expect(await jsonOf(own.post("/end-others"))).to.equal(1);
    expect(await jsonOf(two.get("/"))).to.equal(null);
    expect(await jsonOf(own.get("/"))).to.equal("ada");
    expect(await jsonOf(own.get("/sessions"))).to.deep.equal([ids[0]]);
    expect(await jsonOf(bob.get("/"))).to.equal("bob");
  });

  it("need the request's context", async () => {
    for (const [method, call] of Object.entries({
      sessionsOf: () => store.sessionsOf("ada"),
      endSession: () => store.endSession("A".repeat(43), { owner: "ada" }),
      endSessionsOf: () => store.endSessionsOf("ada"),
    })) {
      const error: unknown = await call().then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, method).to.be.instanceOf(TypeError);
      expect((error as TypeError).message).to.include("ctx");
    }
  });

  it("have one entry each, which ends a minute after the session", async () => {
    const before = Math.floor(Date.now() / 1000);
    await loggedIn();
    const { keys } = await namespace.list({ prefix: "session:owner:" });
    expect(keys).to.have.length(1);
    const { name, expiration } = keys[0]!;
    const [, hash] = /^session:owner:[\w-]{43}:([\w-]{43})$/.exec(name)!;
    expect(await namespace.get(`session:${hash}`)).to.match(/^1\.\d+\.\d+\.\{"user":"ada"\}$/);
    const value = Number(await namespace.get(name));
    expect(value - before).to.be.within(600 + MARGIN, 620 + MARGIN);
    expect(expiration! - value).to.be.within(-2, 5);
  });

  it("have no entry any more when they are over", async () => {
    const browsers = [await loggedIn(), await loggedIn(), await loggedIn()];
    expect(await entries()).to.have.length(3);
    await browsers[0]!.post("/logout");
    expect(await entries()).to.have.length(2);
    await browsers[1]!.post("/end-others");
    expect(await entries()).to.have.length(1);
    const [before] = await entries();
    await browsers[1]!.post("/regenerate");
    const moved = await entries();
    expect(moved).to.have.length(1);
    expect(moved[0]).to.not.equal(before);
  });

  it("keep an entry for the longest time that it got", async () => {
    const linked = new LinkedStore({ timeout: PATIENT, getStore });
    const ctx = { platform: { SESSIONS: namespace } };
    const secondsLeft = async () => {
      const [{ name, expiration }] = (await namespace.list()).keys as [any];
      const [value, now] = [Number(await namespace.get(name)), Date.now() / 1000];
      return [value - now, expiration - now];
    };
    for (const [ttl, lasts] of [
      [1000, 1000],
      [100, 1000],
      [5000, 5000],
      [70, 5000],
    ] as const) {
      await linked.entry(ttl, ctx);
      for (const left of await secondsLeft()) expect(left).to.be.within(lasts - 30, lasts + 2);
    }
    // KV rejects an expirationTtl of less than 60.
    await namespace.delete((await names())[0]!);
    await linked.entry(1, ctx);
    expect((await secondsLeft())[1]).to.be.within(30, 61);
  });

  it("are not written again by a request that changes no owner", async () => {
    const browser = await loggedIn();
    const calls: string[] = [];
    faults.put = (key, text, options) => {
      calls.push(key.includes(":owner:") ? "put owner" : "put");
      return namespace.put(key, text, options);
    };
    faults.list = () => Promise.reject(new Error("No request lists."));
    await browser.get("/");
    expect(calls).to.deep.equal([]);
    await browser.post("/visit");
    expect(calls).to.deep.equal(["put"]);
    expect(site.errors).to.deep.equal([]);
  });

  it("get their entry although KV accepts one write a second for a key", async () => {
    let isRefused = false;
    faults.put = async (key, text, options) => {
      if (key.includes(":owner:") && !isRefused) {
        isRefused = true;
        throw new Error("KV PUT failed: 429 Too Many Requests");
      }
      await namespace.put(key, text, options);
    };
    await loggedIn();
    expect(isRefused).to.equal(true);
    expect(await entries()).to.have.length(1);
  });

  it("do not begin if they cannot get an entry", async () => {
    const broken = new Error("KV PUT failed: 500 Internal Server Error");
    faults.put = async (key, text, options) => {
      if (key.includes(":owner:")) throw broken;
      await namespace.put(key, text, options);
    };
    const browser = new Browser(site, { platform: { SESSIONS: namespace } });
    expect((await browser.post("/login?user=ada")).status).to.equal(500);
    expect(site.errors[0]).to.include({ code: "ERR_SESSION_STORE", cause: broken });
    expect(await names()).to.deep.equal([]);
  });
});

function appOn(store: KvSessionStore): App {
  return app(
    { store, defaultSessionData: {}, idleTimeout: 600 },
    {
      "/": ({ session }) => session.data.user ?? null,
      "/id": ({ session }) => session.id,
      "/visit": ({ session }) => void (session.data.visited = true),
      "/login": ({ session, url }) => void (session.data.user = url.searchParams.get("user")),
      "/logout": ({ session }) => session.destroy(),
      "/regenerate": ({ session }) => session.regenerate(),
      "/sessions": async (ctx) => {
        const sessions = await store.sessionsOf(ctx.session.data.user, { ctx });
        return sessions.map(({ id }) => id);
      },
      "/end": (ctx) => {
        const id = ctx.url.searchParams.get("id")!;
        return store.endSession(id, { owner: ctx.session.data.user, ctx });
      },
      "/end-others": (ctx) => {
        const { session } = ctx;
        return store.endSessionsOf(session.data.user, { except: session, ctx });
      },
    },
  );
}

/** Makes an entry that lives for as long as a spec wants. */
class LinkedStore extends KvSessionStore {
  async entry(ttl: number, ctx: object): Promise<void> {
    const call: any = { ctx, signal: new AbortController().signal };
    await this.link(`session:owner:${"A".repeat(43)}`, `session:${"B".repeat(43)}`, ttl, call);
  }
}
