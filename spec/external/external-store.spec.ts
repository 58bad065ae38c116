import { expect } from "chai";
import { createHash } from "node:crypto";
import sinon from "sinon";
import { SessionError, type BackendCall, type ExternalStoreOptions } from "../../lib/index.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

describe("ExternalStore", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    start();
  });
  afterEach(() => clock.restore());

  function start(options?: ExternalStoreOptions): void {
    store = new MapStore(options);
    notes = new Notes(store);
  }

  function keyOf(id: string): string {
    return `session:${createHash("sha256").update(`session=${id}`).digest("base64url")}`;
  }

  const callOf = (path: string) =>
    sinon.match(
      ({ ctx, signal }) => ctx.url.pathname === path && signal instanceof AbortSignal,
      path,
    );

  describe("hooks", () => {
    it("create() receives a key with the hash of the new ID", async () => {
      const browser = await notes.visitor({ a: "1" });
      const id = browser.cookie("session")!;
      expect(id).to.match(/^[\w-]{43}$/);
      sinon.assert.calledOnceWithExactly(
        store.hooks.create,
        keyOf(id),
        { text: `1.${clock.now}.${clock.now + 86_400}.{"a":"1"}`, ttl: 86_400 },
        callOf("/set"),
      );
      expect(store.calls).to.deep.equal(["create"]);
    });

    it("read() receives the same key", async () => {
      const browser = await notes.visitor();
      store.clearCalls();
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
      const key = keyOf(browser.cookie("session")!);
      sinon.assert.calledOnceWithExactly(store.hooks.read, key, callOf("/"));
      expect(store.calls).to.deep.equal(["read"]);
    });

    it("update() receives exactly the text that was read as the expected text", async () => {
      const browser = await notes.visitor();
      const before = store.record;
      clock.pass(100);
      store.clearCalls();
      await browser.get("/set?a=2");
      sinon.assert.calledOnceWithExactly(
        store.hooks.update,
        keyOf(browser.cookie("session")!),
        {
          text: `1.${clock.now - 100}.${clock.now + 86_300}.{"a":"2"}`,
          ttl: 86_300,
          expected: before,
        },
        callOf("/set"),
      );
      expect(store.calls).to.deep.equal(["read", "update"]);
    });

    it("update() receives a tombstone for a minute when the session ends", async () => {
      const browser = await notes.visitor();
      const before = store.record;
      const key = keyOf(browser.cookie("session")!);
      clock.pass(100);
      store.clearCalls();
      await browser.get("/destroy");
      sinon.assert.calledOnceWithExactly(
        store.hooks.update,
        key,
        { text: `1.${clock.now}.0.`, ttl: 60, expected: before },
        callOf("/destroy"),
      );
      expect(store.calls).to.deep.equal(["read", "update"]);
    });

    it("update() receives a tombstone with the hash of the new ID, after create() received the data", async () => {
      const browser = await notes.visitor();
      const before = store.record;
      const oldKey = keyOf(browser.cookie("session")!);
      clock.pass(100);
      store.clearCalls();
      await browser.get("/regenerate");
      const newKey = keyOf(browser.cookie("session")!);
      sinon.assert.calledOnceWithExactly(
        store.hooks.create,
        newKey,
        { text: `1.${clock.now}.${clock.now + 86_400}.{"a":"1"}`, ttl: 86_400 },
        callOf("/regenerate"),
      );
      const hash = newKey.slice("session:".length);
      sinon.assert.calledOnceWithExactly(
        store.hooks.update,
        oldKey,
        { text: `1.${clock.now}.0.${hash}`, ttl: 60, expected: before },
        callOf("/regenerate"),
      );
      expect(store.calls).to.deep.equal(["read", "create", "update"]);
    });

    it("remove() receives the key of a new record that is not needed", async () => {
      const browser = await notes.visitor();
      store.clearCalls();
      store.before("update", () => store.records.delete(keyOf(browser.cookie("session")!)));
      await browser.get("/regenerate");
      const [newKey] = store.hooks.create.args[0]!;
      sinon.assert.calledOnceWithExactly(store.hooks.remove, newKey, callOf("/regenerate"));
      expect(store.calls).to.deep.equal(["read", "create", "update", "read", "remove"]);
      expect(store.records.size).to.equal(0);
    });

    it("all receive keys with the configured prefix", async () => {
      start({ prefix: "shop/" });
      const browser = await notes.visitor();
      await browser.get("/set?a=2");
      await browser.get("/regenerate");
      store.before("update", () => browser.get("/destroy"));
      await browser.get("/regenerate");
      expect(store.calls).to.include.members(["read", "create", "update", "remove"]);
      for (const key of store.keys) expect(key).to.match(/^shop\/[\w-]{43}$/);
    });

    for (const [how, answer] of Object.entries({
      "plain values": (call: () => unknown) => call(),
      promises: async (call: () => unknown) => call(),
      thenables: (call: () => unknown) => ({
        // oxlint-disable-next-line unicorn/no-thenable
        then: (resolve: (value: unknown) => void) => resolve(call()),
      }),
    })) {
      it(`can all return ${how}`, async () => {
        store.interfereAlways((_hook, call) => answer(call));
        const browser = await notes.visitor();
        await browser.get("/set?b=2");
        await browser.get("/count");
        const id = browser.cookie("session")!;
        await browser.get("/regenerate");
        expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1", b: "2", count: 1 });
        expect(await notes.behind(id)).to.deep.equal({});
        store.before("update", () => browser.get("/destroy"));
        await browser.get("/regenerate");
        expect(store.calls).to.include("remove");
        expect(store.sessions).to.deep.equal([]);
      });
    }
  });

  describe("gives its hooks a signal", () => {
    class SlowStore extends MapStore {
      /** Runs in `read()`, before the record is read. */
      look: (call: BackendCall) => Promise<void> = async () => {};
      protected override async read(key: string, call: BackendCall): Promise<string | null> {
        await this.look(call);
        return super.read(key, call);
      }
    }
    let slow: SlowStore;
    let visit: () => Promise<Response>;
    let timers: sinon.SinonFakeTimers;

    beforeEach(async () => {
      clock.restore();
      slow = new SlowStore({ timeout: 1 });
      notes = new Notes(slow);
      const browser = await notes.visitor({ a: "1" });
      visit = () => browser.get("/");
      timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    });
    afterEach(() => timers.restore());

    it("that aborts when the timeout is over", async () => {
      const aborted = new Promise<void>((resolve) => {
        slow.look = ({ signal }) => {
          signal.addEventListener("abort", () => resolve());
          return new Promise(() => {});
        };
      });
      const visiting = visit();
      await timers.tickAsync(1000);
      expect((await visiting).status).to.equal(500);
      await aborted;
    });

    it("that is aborted if a hook reads it only after the timeout", async () => {
      const seen = new Promise<boolean>((resolve) => {
        slow.look = async (call) => {
          await new Promise((wake) => setTimeout(wake, 1001));
          resolve(call.signal.aborted);
        };
      });
      const visiting = visit();
      await timers.tickAsync(1001);
      expect((await visiting).status).to.equal(500);
      expect(await seen).to.equal(true);
    });

    it("that does not abort if the hook returns in time", async () => {
      let seen: AbortSignal | undefined;
      slow.look = async ({ signal }) => void (seen = signal);
      expect((await visit()).status).to.equal(200);
      await timers.tickAsync(1001);
      expect(seen!.aborted).to.equal(false);
    });

    it("that is made only if a hook reads it", async () => {
      const made = sinon.spy(globalThis, "AbortController");
      try {
        expect((await visit()).status).to.equal(200);
        const withoutSignal = made.callCount; // a Request makes one of its own
        slow.look = async ({ signal }) => void signal.aborted;
        expect((await visit()).status).to.equal(200);
        expect(made.callCount).to.equal(withoutSignal * 2 + 1);
      } finally {
        made.restore();
      }
    });
  });

  it("lets its subclass read the options prefix and timeout", () => {
    class OpenStore extends MapStore {
      readonly inherited = () => [this.prefix, this.timeout];
    }
    expect(new OpenStore().inherited()).to.deep.equal(["session:", 2]);
    expect(new OpenStore({ prefix: "a:", timeout: 5 }).inherited()).to.deep.equal(["a:", 5]);
  });

  it("makes no backend call for anonymous requests", async () => {
    const browser = new Browser(notes.app);
    for (const path of ["/nothing", "/", "/delete?a", "/regenerate", "/destroy"]) {
      expect(setCookies(await browser.get(path)), path).to.deep.equal([]);
    }
    expect(store.calls).to.deep.equal([]);
  });

  it("fails when the key of a new ID is taken, and replaces nothing", async () => {
    store.interfere("create", () => false);
    const browser = new Browser(notes.app);
    const response = await browser.get("/set?a=1");
    expect(response.status).to.equal(500);
    expect(notes.app.errors[0]).to.be.instanceOf(SessionError);
    expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    expect(store.calls).to.deep.equal(["create"]);
    expect(setCookies(response)).to.deep.equal([]);
    expect(String(notes.app.errors[0])).to.not.contain("session:");
  });

  it("refuses an option that neither it nor its subclass knows", () => {
    class TableStore extends MapStore {
      readonly table: string;
      constructor({ table, ...options }: ExternalStoreOptions & { table: string }) {
        super(options);
        this.table = table;
      }
    }
    expect(new TableStore({ table: "t", prefix: "a:" }).table).to.equal("t");
    expect(() => new TableStore({ table: "t", prefx: "a:" } as never)).to.throw(
      TypeError,
      /^TableStore has no option prefx\..*subclass/,
    );
  });

  // A destroy() that closes the subclass's pool would turn log-outs off.
  const protocol = [
    "load",
    "save",
    "regenerate",
    "destroy",
    "applyUpdate",
    "loadById",
    "bindDevice",
  ];
  for (const name of protocol) {
    it(`refuses a subclass that defines ${name}(), which session() calls`, () => {
      class PooledStore extends MapStore {}
      Object.defineProperty(PooledStore.prototype, name, { value() {} });
      expect(() => new PooledStore()).to.throw(
        TypeError,
        `PooledStore must not define a method ${name}()`,
      );
    });
  }

  describe("throws a TypeError for", () => {
    for (const [what, options] of Object.entries({
      "a prefix that is not a string": { prefix: 1 },
      "a maxBytes of 0": { maxBytes: 0 },
      "a maxBytes that is not a number": { maxBytes: "64k" },
      "a timeout of 0": { timeout: 0 },
      "a timeout of half a second": { timeout: 0.5 },
      "an infinite timeout": { timeout: Infinity },
      "a timeout in milliseconds": { timeout: 2_147_484 },
      "a stringify that is not a function": { stringify: "JSON" },
      "a parse that is not a function": { parse: {} },
    })) {
      it(what, () => {
        const [name] = Object.keys(options);
        expect(() => new MapStore(options as object)).to.throw(TypeError, name);
      });
    }
  });
});
