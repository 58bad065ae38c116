import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * A request that is under way when its session ends must not bring it back: CVE-2025-46336 in Rack, #328 of connect-redis, #632 of
 * express-session. Here the session ends at each moment at which it can end beside a request.
 */
describe("a session that has ended", () => {
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
    "by a logout": (visit) => visit("/destroy"),
    "by a regenerate": (visit) => visit("/regenerate"),
    "by its expiry": () => clock.pass(1000),
    "by the backend, which evicts it": () => store.records.clear(),
  };
  const moments = {
    "before its commit": (end: () => unknown) => (notes.meanwhile = end),
    "just before its write": (end: () => unknown) => store.before("update", end),
    "between a conflict and the next attempt": (end: () => unknown) => {
      store.before("update", () => (store.record = store.record.replace('"1"', '"other"')));
      store.before("read", () => {}); // of the load
      store.before("read", end);
    },
  };

  for (const [how, end] of Object.entries(ends)) {
    for (const [when, at] of Object.entries(moments)) {
      it(`${how} ${when} stays dead`, async () => {
        const browser = await notes.visitor();
        const id = browser.cookie("session")!;
        const cookie = `session=${id}`;
        clock.pass(200); // the write would renew it, too
        at(() => end((path) => browser.get(path)));
        notes.log.clear();

        const response = await browser.get("/set?a=2", { cookie });

        expect(response.status).to.equal(200);
        expect(setCookies(response), "neither set nor cleared").to.deep.equal([]);
        expect(notes.log.types.at(-1)).to.equal("gone");
        expect(await notes.behind(id)).to.deep.equal({});
        for (const text of store.records.values()) expect(text).to.not.contain('"a":"2"');
      });
    }
  }

  it("by its expiry is not written to any more", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => clock.pass(1000);
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.calls).to.deep.equal(["read", "read"]);
  });

  it("while a request reads it is not created again by the renewal that is due", async () => {
    const browser = await notes.visitor();
    clock.pass(200);
    notes.meanwhile = () => browser.get("/destroy");
    const response = await browser.get("/");
    expect(await response.json()).to.deep.equal({ a: "1" });
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.records.size).to.equal(0);
    expect(notes.log.types).to.deep.equal(["destroyed", "gone"]);
  });

  it("leaves fresh data, whose change begins a session of its own", async () => {
    const browser = await notes.visitor();
    const id = browser.cookie("session")!;
    await browser.get("/destroy");
    expect(browser.cookie("session")).to.equal(undefined);
    await browser.get("/set?message=goodbye");
    expect(browser.cookie("session")).to.not.equal(id);
    expect(await (await browser.get("/")).json()).to.deep.equal({ message: "goodbye" });
    expect(await notes.behind(id)).to.deep.equal({});
  });

  it("may be ended again", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => browser.get("/destroy");
    const response = await browser.get("/destroy");
    expect(response.status).to.equal(200);
    expect(store.records.size).to.equal(0);
  });
});
