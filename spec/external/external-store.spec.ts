import { expect } from "chai";
import { createHash } from "node:crypto";
import sinon from "sinon";
import { SessionError, type ExternalStoreOptions } from "../../lib/index.js";
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

  const ctxOf = (path: string) => sinon.match((ctx) => ctx.url.pathname === path, path);

  describe("asks its hooks", () => {
    it("to create a record under the hash of a new ID", async () => {
      const browser = await notes.visitor({ a: "1" });
      const id = browser.cookie("session")!;
      expect(id).to.match(/^[\w-]{43}$/);
      sinon.assert.calledOnceWithExactly(
        store.hooks.create,
        keyOf(id),
        `1.${clock.now}.${clock.now + 86_400}.{"a":"1"}`,
        86_400,
        ctxOf("/set"),
      );
      expect(store.calls).to.deep.equal(["create"]);
    });

    it("to read it by the same key", async () => {
      const browser = await notes.visitor();
      store.clearCalls();
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
      const key = keyOf(browser.cookie("session")!);
      sinon.assert.calledOnceWithExactly(store.hooks.read, key, ctxOf("/"));
      expect(store.calls).to.deep.equal(["read"]);
    });

    it("to update it in place of exactly what it has read", async () => {
      const browser = await notes.visitor();
      const before = store.record;
      clock.pass(100);
      store.clearCalls();
      await browser.get("/set?a=2");
      sinon.assert.calledOnceWithExactly(
        store.hooks.update,
        keyOf(browser.cookie("session")!),
        `1.${clock.now - 100}.${clock.now + 86_300}.{"a":"2"}`,
        86_300,
        before,
        ctxOf("/set"),
      );
      expect(store.calls).to.deep.equal(["read", "update"]);
    });

    it("to remove it", async () => {
      const browser = await notes.visitor();
      const key = keyOf(browser.cookie("session")!);
      store.clearCalls();
      await browser.get("/destroy");
      sinon.assert.calledOnceWithExactly(store.hooks.remove, key, ctxOf("/destroy"));
      expect(store.records.size).to.equal(0);
    });

    it("with the prefix that it was given before every key", async () => {
      start({ prefix: "shop/" });
      const browser = await notes.visitor();
      await browser.get("/set?a=2");
      await browser.get("/regenerate");
      await browser.get("/destroy");
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
      it(`and takes ${how} for answers`, async () => {
        store.interfereAlways((_hook, call) => answer(call));
        const browser = await notes.visitor();
        await browser.get("/set?b=2");
        await browser.get("/count");
        const id = browser.cookie("session")!;
        await browser.get("/regenerate");
        expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1", b: "2", count: 1 });
        expect(await notes.behind(id)).to.deep.equal({});
        await browser.get("/destroy");
        expect(store.records.size).to.equal(0);
      });
    }
  });

  it("costs anonymous traffic no call", async () => {
    const browser = new Browser(notes.app);
    for (const path of ["/nothing", "/", "/delete?a", "/regenerate", "/destroy"]) {
      expect(setCookies(await browser.get(path)), path).to.deep.equal([]);
    }
    expect(store.calls).to.deep.equal([]);
  });

  it("fails rather than replace when a new ID's key is taken", async () => {
    store.interfere("create", () => false);
    const browser = new Browser(notes.app);
    const response = await browser.get("/set?a=1");
    expect(response.status).to.equal(500);
    expect(notes.app.errors[0]).to.be.instanceOf(SessionError);
    expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    expect(store.calls).to.deep.equal(["create"]);
    expect(setCookies(response)).to.deep.equal([]);
  });

  describe("takes a wrong option for a mistake:", () => {
    for (const [what, options] of Object.entries({
      "a prefix that is no string": { prefix: 1 },
      "maxBytes of 0": { maxBytes: 0 },
      "maxBytes that are no number": { maxBytes: "64k" },
      "a timeout of 0": { timeout: 0 },
      "a timeout of half a second": { timeout: 0.5 },
      "a timeout that never comes": { timeout: Infinity },
      "a timeout in milliseconds": { timeout: 2_147_484 },
      "a stringify that is no function": { stringify: "JSON" },
      "a parse that is no function": { parse: {} },
    })) {
      it(what, () => {
        const [name] = Object.keys(options);
        expect(() => new MapStore(options as object)).to.throw(TypeError, name);
      });
    }
  });
});
