import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * A request that is running when its session ends must not write the session back: CVE-2025-46336
 * in Rack, #328 of connect-redis, #632 of express-session. These specs end the session at every
 * moment of a running request.
 */
describe("A session that has ended", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new MapStore();
    notes = new Notes(store, { idleTimeout: 1000, renewAfter: 100 });
  });
  afterEach(() => clock.restore());

  const ends: Record<string, (visit: (path: string) => unknown) => unknown> = {
    "a logout": (visit) => visit("/destroy"),
    "a regenerate()": (visit) => visit("/regenerate"),
    "its expiry": () => clock.pass(1000),
    "an eviction by the backend": () => store.records.clear(),
  };
  const moments = {
    "before the request commits": (end: () => unknown) => (notes.meanwhile = end),
    "just before the request writes": (end: () => unknown) => store.before("update", end),
    "between a conflict and the next attempt": (end: () => unknown) => {
      store.before("update", () => (store.record = store.record.replace('"1"', '"other"')));
      store.before("read", () => {}); // the load
      store.before("read", end);
    },
  };

  for (const [how, end] of Object.entries(ends)) {
    for (const [when, at] of Object.entries(moments)) {
      it(`is not restored by a running request: ${how} ${when}`, async () => {
        const browser = await notes.visitor();
        const id = browser.cookie("session")!;
        const cookie = `session=${id}`;
        clock.pass(200); // a renewal is due, so the write would also move the expiry
        at(() => end((path) => browser.get(path)));
        notes.log.clear();

        const response = await browser.get("/set?a=2", { cookie });

        expect(response.status).to.equal(200);
        expect(
          setCookies(response),
          "the response neither sets nor clears the cookie",
        ).to.deep.equal([]);
        expect(notes.log.types.at(-1)).to.equal("gone");
        expect(await notes.behind(id)).to.deep.equal({});
        for (const text of store.records.values()) expect(text).to.not.contain('"a":"2"');
      });
    }
  }

  it("is not written after its expiry", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => clock.pass(1000);
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.calls).to.deep.equal(["read", "read"]);
  });

  it("is not restored by a renewal that was due", async () => {
    const browser = await notes.visitor();
    clock.pass(200);
    notes.meanwhile = () => browser.get("/destroy");
    const response = await browser.get("/");
    expect(await response.json()).to.deep.equal({ a: "1" });
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.sessions).to.deep.equal([]);
    expect(notes.log.types).to.deep.equal(["destroyed", "gone"]);
  });

  it("leaves a tombstone without data, which the backend keeps for a minute", async () => {
    const browser = await notes.visitor();
    const [key] = store.keys;
    clock.pass(200);
    store.clearCalls();
    await browser.get("/destroy");
    expect([...store.records]).to.deep.equal([[key, `1.${clock.now}.0.`]]);
    expect(store.hooks.update.args[0]![1].ttl).to.equal(60);
    expect(store.hooks.remove.callCount).to.equal(0);
  });

  it("is followed by a new session when the data change", async () => {
    const browser = await notes.visitor();
    const id = browser.cookie("session")!;
    await browser.get("/destroy");
    expect(browser.cookie("session")).to.equal(undefined);
    await browser.get("/set?message=goodbye");
    expect(browser.cookie("session")).to.not.equal(id);
    expect(await (await browser.get("/")).json()).to.deep.equal({ message: "goodbye" });
    expect(await notes.behind(id)).to.deep.equal({});
  });

  for (const [how, end] of Object.entries(ends)) {
    it(`can be destroyed again by a running request: ${how}`, async () => {
      const browser = await notes.visitor();
      const cookie = `session=${browser.cookie("session")}`;
      store.before("update", () => end((path) => browser.get(path)));

      const response = await browser.get("/destroy", { cookie });

      expect(response.status).to.equal(200);
      expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
      expect(store.sessions).to.deep.equal([]);
    });
  }

  it("has ended after destroy(), even if its record expired before the late reply to a read, and was renewed", async () => {
    const browser = await notes.visitor();
    const id = browser.cookie("session")!;
    const other = (path: string) => new Browser(notes.app).get(path, { cookie: `session=${id}` });
    store.before("update", () => other("/set?b=2"));
    store.before("read", () => {}); // the load
    store.before("read", () => {}); // by the other request
    store.interfere("read", async (call) => {
      const text = call();
      clock.pass(900);
      await other("/");
      clock.pass(200);
      return text;
    });
    await browser.get("/destroy");
    expect(notes.log.types).to.include("renewed");
    expect(notes.log.types.at(-1)).to.equal("destroyed");
    expect(await notes.behind(id)).to.deep.equal({});
  });

  it("causes one event, even if two requests destroy it at the same moment", async () => {
    const browser = await notes.visitor();
    store.before("update", () => browser.get("/destroy"));
    await browser.get("/destroy");
    expect(notes.log.types).to.deep.equal(["destroyed"]);
  });
});

describe("A save of a session on an external store", () => {
  it("drops its change if parse refuses the newest data", async () => {
    const store = new MapStore({
      parse(text) {
        if (text.includes("unreadable")) throw new Error("an unknown version of the data");
        return JSON.parse(text) as object;
      },
    });
    const notes = new Notes(store);
    const browser = await notes.visitor();
    notes.meanwhile = () => (store.record = store.record.replace('"1"', '"unreadable"'));
    const response = await browser.get("/set?b=2");
    expect(response.status).to.equal(200);
    expect(notes.log.types).to.deep.equal(["gone"]);
    expect(store.record).to.contain("unreadable");
  });
});
