import { expect } from "chai";
import { setImmediate } from "node:timers/promises";
import sinon from "sinon";
import { KvSessionStore, type KvNamespace, type SessionOptions } from "../../lib/index.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";
import { WorkerKv, type WorkerKvNamespace } from "../support/worker-kv.js";

const TOMBSTONE = /^1\.\d+\.0\.[\w-]*$/;

describe("KvSessionStore on Workers KV", () => {
  let kv: WorkerKv;
  let namespace: WorkerKvNamespace;
  let clock: Clock;
  let notes: Notes;

  before(async () => {
    kv = await WorkerKv.start();
    ({ namespace } = kv);
  });
  after(() => kv.dispose());

  beforeEach(async () => {
    clock = new Clock();
    for (const { name } of (await namespace.list()).keys) await namespace.delete(name);
    start();
  });
  afterEach(() => clock.restore());

  function start(options?: Partial<SessionOptions>): void {
    notes = new Notes(new KvSessionStore({ getStore: () => namespace }), options);
  }

  /** The texts of all records and tombstones. */
  async function texts(): Promise<string[]> {
    const { keys } = await namespace.list();
    return Promise.all(keys.map(async ({ name }) => (await namespace.get(name, "text"))!));
  }

  /** The only entry in the namespace. */
  async function entry(): Promise<{ key: string; text: string; ttl: number }> {
    const { keys } = await namespace.list();
    expect(keys).to.have.length(1);
    const { name, expiration } = keys[0]!;
    const text = await namespace.get(name, "text");
    // workerd does not use the fake clock.
    clock.restore();
    const ttl = expiration! - Date.now() / 1000;
    clock = new Clock();
    return { key: name, text: text!, ttl };
  }

  it("gets the namespace from the request, also as a promise", async () => {
    const store = new KvSessionStore({
      getStore: async (ctx) => ctx.platform.env.SESSIONS as KvNamespace,
    });
    const browser = new Browser(new Notes(store).app, {
      platform: { env: { SESSIONS: namespace } },
    });
    await browser.get("/set?a=1");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
  });

  it("changes, regenerates and destroys a session", async () => {
    const browser = await notes.visitor({ a: "1" });
    await browser.get("/set?b=2");
    await browser.get("/count");
    const oldId = browser.cookie("session")!;
    await browser.get("/regenerate");
    const newId = browser.cookie("session")!;
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(newId)).to.deep.equal({ a: "1", b: "2", count: 1 });
    const response = await browser.get("/destroy");
    expect(setCookies(response)[0]).to.include({ value: "" });
    expect(await notes.behind(newId)).to.deep.equal({});
    for (const text of await texts()) expect(text).to.match(TOMBSTONE);
  });

  it("keeps the tombstones of moved and ended sessions for a minute", async () => {
    const browser = await notes.visitor();
    await browser.get("/destroy");
    const { text, ttl } = await entry();
    expect(text).to.equal(`1.${clock.now}.0.`);
    expect(ttl).to.be.within(30, 61);
  });

  describe("limits the lifetime of a session", () => {
    it("by the expiry of KV, which equals that of the record", async () => {
      start({ idleTimeout: 1000 });
      await notes.visitor();
      const { text, ttl } = await entry();
      expect(text).to.match(new RegExp(`^1\\.${clock.now}\\.${clock.now + 1000}\\.`));
      expect(ttl).to.be.within(900, 1001);
    });

    it("only by the record if it is under 60 seconds, the minimum of KV", async () => {
      start({ idleTimeout: 10, renewAfter: 10 });
      const browser = await notes.visitor();
      const { text, ttl } = await entry();
      expect(text).to.match(new RegExp(`^1\\.${clock.now}\\.${clock.now + 10}\\.`));
      expect(ttl).to.be.within(30, 61);
      const id = browser.cookie("session")!;
      clock.pass(9);
      expect(await notes.behind(id)).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await notes.behind(id)).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "expired" }]);
      expect((await namespace.list()).keys, "KV still holds the record").to.have.length(1);
    });

    it("also when it writes the record again", async () => {
      start({ idleTimeout: 100, renewAfter: 100 });
      const browser = await notes.visitor();
      clock.pass(90);
      await browser.get("/set?a=2");
      const { text, ttl } = await entry();
      expect(text).to.contain(`.${clock.now + 100}.`);
      expect(ttl).to.be.within(30, 61);
    });
  });

  // Version 0.0.49 of this package accepted any value of the namespace as a session, so that a
  // logout could delete any value.
  it("reads, writes and deletes only its own keys", async () => {
    const foreign = JSON.stringify({ role: "admin" });
    await namespace.put("user:42", foreign);
    await namespace.put("session:user:42", foreign);
    for (const value of ["user:42", "session:user:42", "../user:42", ""]) {
      const cookie = `session=${encodeURIComponent(value)}`;
      const browser = new Browser(notes.app);
      expect(await (await browser.get("/", { cookie })).json()).to.deep.equal({});
      await browser.get("/destroy", { cookie });
      await browser.get("/set?a=1", { cookie });
    }
    expect(await namespace.get("user:42")).to.equal(foreign);
    expect(await namespace.get("session:user:42")).to.equal(foreign);
  });

  it("stores no session ID in the namespace", async () => {
    const browser = await notes.visitor();
    const { key, text } = await entry();
    expect(key).to.match(/^session:[\w-]{43}$/);
    expect(key + text).to.not.contain(browser.cookie("session"));
  });

  for (const path of ["/destroy", "/regenerate"]) {
    it(`does not write a record if a concurrent request to ${path} has replaced it by a tombstone`, async () => {
      const browser = await notes.visitor();
      const cookie = `session=${browser.cookie("session")}`;
      notes.meanwhile = () => browser.get(path);
      const response = await browser.get("/set?a=2", { cookie });
      expect(setCookies(response)).to.deep.equal([]);
      const event = path === "/destroy" ? "destroyed" : "regenerated";
      expect(notes.log.types).to.deep.equal([event, "gone"]);
      expect((await texts()).filter((text) => TOMBSTONE.test(text))).to.have.length(1);
      expect((await texts()).join()).to.not.contain('"2"');
    });
  }

  it("keeps both of two concurrent changes if one was written before the other reads", async () => {
    const browser = await notes.visitor({ a: "1", b: "1" });
    notes.meanwhile = () => browser.get("/set?b=2");
    await browser.get("/set?a=2");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "2", b: "2" });
    expect(notes.log.types).to.deep.equal(["saved", "saved", "merged"]);
  });
});

describe("KvSessionStore", () => {
  let timers: sinon.SinonFakeTimers;
  let namespace: {
    get: sinon.SinonStub<Parameters<KvNamespace["get"]>, Promise<string | null>>;
    put: sinon.SinonStub<Parameters<KvNamespace["put"]>, Promise<void>>;
    delete: sinon.SinonStub<Parameters<KvNamespace["delete"]>, Promise<void>>;
    list: sinon.SinonStub;
  };
  let values: Map<string, string>;
  let notes: Notes;
  let browser: Browser;

  const tooMany = new Error("KV PUT failed: 429 Too Many Requests");

  /** This namespace fails in ways that cannot be caused in the real one. */
  beforeEach(async () => {
    timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    values = new Map();
    namespace = {
      get: sinon.stub(),
      put: sinon.stub(),
      delete: sinon.stub(),
      list: sinon.stub(),
    };
    namespace.get.callsFake(async (key) => values.get(key) ?? null);
    namespace.put.callsFake(async (key, text) => void values.set(key, text));
    namespace.delete.callsFake(async (key) => void values.delete(key));
    notes = new Notes(new KvSessionStore({ getStore: () => namespace }));
    browser = await notes.visitor({ a: "1" });
    for (const method of Object.values(namespace)) method.resetHistory();
  });
  afterEach(() => timers.restore());

  /** Returns the response and the time between the first write and the response. */
  async function visit(path: string): Promise<{ response: Response; milliseconds: number }> {
    const ends: number[] = [];
    const response = browser.get(path);
    void response.then(() => ends.push(timers.now));
    while (!namespace.put.called && !namespace.delete.called) await setImmediate();
    const begin = timers.now;
    for (let i = 0; i < 1000 && ends.length === 0; i++) await timers.tickAsync(10);
    return { response: await response, milliseconds: ends[0]! - begin };
  }

  /** The requests, the method that they call, and the outcome if it succeeds in the end. */
  const requests = [
    { method: "put", path: "/set?a=2", status: 200, data: { a: "2" } },
    { method: "put", path: "/destroy", status: 200, data: {} },
    // The session has ended meanwhile, and regenerate() deletes the record that it has created.
    { method: "delete", path: "/regenerate", status: 500, data: {} },
  ] as const;

  for (const { method, path, status, data } of requests) {
    describe(`for ${path}`, () => {
      let id: string;

      beforeEach(() => {
        id = browser.cookie("session")!;
        if (method === "put") return;
        // The first get() loads the session.
        namespace.get.onCall(1).callsFake(async () => {
          for (const [key, text] of values) if (text.includes("{")) values.set(key, tombstone());
          return tombstone();
        });
      });

      const tombstone = () => `1.${Math.floor(Date.now() / 1000)}.0.`;

      it(`retries ${method}() when KV rejects a second write to the same key within a second`, async () => {
        for (const call of [0, 1, 2]) namespace[method].onCall(call).rejects(tooMany);
        const { response, milliseconds } = await visit(path);
        expect(response.status).to.equal(status);
        expect(namespace[method].callCount).to.equal(4);
        expect(milliseconds, "the time of the retries").to.be.within(1000, 2000);
        expect(await notes.behind(id)).to.deep.equal(data);
      });

      it(`fails after four calls of ${method}(), within the timeout`, async () => {
        namespace[method].rejects(tooMany);
        const { response, milliseconds } = await visit(path);
        expect(response.status).to.equal(500);
        expect(namespace[method].callCount).to.equal(4);
        expect(milliseconds).to.be.below(2000);
        const [error] = notes.app.errors as Error[];
        expect(error).to.include({ code: "ERR_SESSION_STORE", cause: tooMany });
        expect(setCookies(response)).to.deep.equal([]);
        expect(notes.log.types).to.deep.equal(["store-failed"]);
      });

      it(`does not retry ${method}() after another error`, async () => {
        const broken = new Error("KV PUT failed: 500 Internal Server Error");
        namespace[method].rejects(broken);
        const { response } = await visit(path);
        expect(response.status).to.equal(500);
        expect(namespace[method].callCount).to.equal(1);
        expect(notes.app.errors[0]).to.include({ code: "ERR_SESSION_STORE", cause: broken });
      });
    });
  }

  it("logs in with a regenerate() and a change, although KV accepts one write a second to a key", async () => {
    const lastWrites = new Map<string, number>();
    namespace.put.callsFake(async (key, text) => {
      const last = lastWrites.get(key) ?? -Infinity;
      if (timers.now - last < 1000) throw tooMany;
      lastWrites.set(key, timers.now);
      values.set(key, text);
    });
    const { response, milliseconds } = await visit("/regenerate?user=ada");
    expect(response.status).to.equal(200);
    expect(milliseconds).to.be.within(1000, 2000);
    const id = browser.cookie("session")!;
    expect(await notes.behind(id)).to.deep.equal({ a: "1", user: "ada" });
  });

  it("loses a change that another location writes between get() and put(), because KV has no compare-and-swap", async () => {
    const [[key, text]] = [...values] as [[string, string]];
    namespace.get.onCall(1).callsFake(async () => {
      values.set(key, text.replace('"1"', '"other"').replace("}", ',"b":"2"}'));
      return text;
    });
    const { response } = await visit("/set?a=2");
    expect(response.status).to.equal(200);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "2" });
    expect(notes.log.types).to.deep.equal(["saved"]);
  });

  for (const [what, end] of Object.entries({
    ended: () => values.clear(),
    changed: () => {
      for (const [key, text] of values) values.set(key, text.replace('"1"', '"other"'));
    },
  })) {
    it(`compares again before each retry: the session has ${what} between two attempts`, async () => {
      const id = browser.cookie("session")!;
      namespace.put.onCall(0).callsFake(async () => {
        end();
        throw tooMany;
      });
      const { response } = await visit("/set?b=2");
      expect(response.status).to.equal(200);
      const isEnded = what === "ended";
      expect(namespace.put.callCount).to.equal(isEnded ? 1 : 2);
      expect(notes.log.types).to.deep.equal(isEnded ? ["gone"] : ["saved", "merged"]);
      expect(await notes.behind(id)).to.deep.equal(isEnded ? {} : { a: "other", b: "2" });
    });
  }

  it("writes nothing if the comparison took longer than the timeout", async () => {
    // The first call loads the session, the second reads the record to compare it.
    namespace.get.onCall(1).callsFake(async (key) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return values.get(key) ?? null;
    });
    const response = browser.get("/set?a=2");
    await timers.tickAsync(10_000);
    expect((await response).status).to.equal(500);
    expect(namespace.get.callCount).to.equal(2);
    expect(namespace.put.callCount).to.equal(0);
  });

  it("writes nothing if getStore took longer than the timeout", async () => {
    const slow = new KvSessionStore({
      timeout: 1,
      getStore: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1300));
        return namespace;
      },
    });
    const response = new Browser(new Notes(slow).app).get("/set?a=2");
    await timers.tickAsync(10_000);
    expect((await response).status).to.equal(500);
    expect(namespace.put.callCount).to.equal(0);
  });

  it("does not retry after the timeout", async () => {
    namespace.put.callsFake(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500)); // KV is also slow
      throw tooMany;
    });
    const { response } = await visit("/destroy");
    expect(response.status).to.equal(500);
    const { callCount } = namespace.put;
    await timers.tickAsync(20_000);
    expect(namespace.put.callCount).to.equal(callCount);
  });

  it("waits a random time before a retry, so that concurrent writers do not collide again", async () => {
    const times = new Set<number>();
    for (let i = 0; i < 20; i++) {
      namespace.put.resetHistory();
      namespace.put.onCall(0).rejects(tooMany);
      times.add((await visit(`/set?a=${i}`)).milliseconds);
    }
    expect(times.size).to.be.above(3);
  });

  it("passes expirationTtl in whole seconds", async () => {
    await visit("/set?a=2");
    for (const [, , { expirationTtl }] of namespace.put.args) {
      expect(expirationTtl).to.satisfy(Number.isSafeInteger);
    }
    expect(namespace.put.callCount).to.equal(1);
  });

  it("fails only the request when the binding is missing", async () => {
    const store = new KvSessionStore({ getStore: (ctx) => ctx.platform.env.TYPO });
    const unbound = new Notes(store);
    const response = await new Browser(unbound.app, { platform: { env: {} } }).get("/set?a=1");
    expect(response.status).to.equal(500);
    expect(unbound.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    expect(unbound.app.errors[0]).to.have.property("cause").that.is.instanceOf(TypeError);
  });

  for (const [what, options] of Object.entries({
    "a missing getStore": {},
    "missing options": undefined,
    "a getStore that is the namespace itself": { getStore: { get() {} } },
    "the namespace by another name": { namespace: {} },
    "an unknown option": { getStore: () => namespace, ttl: 60 },
  })) {
    it(`throws a TypeError for ${what}`, () => {
      const message = /option getStore must be|no option ttl/;
      expect(() => new KvSessionStore(options as never)).to.throw(TypeError, message);
    });
  }
});
