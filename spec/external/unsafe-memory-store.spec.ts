import { expect } from "chai";
import { UnsafeMemorySessionStore, UnsafeMemoryStore, type Session } from "../../lib/index.js";
import { externalHooksOf } from "../../lib/testing.js";
import { expectNothingLeftOf } from "../support/anonymous-traffic.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { Notes } from "../support/notes.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

describe("UnsafeMemoryStore", () => {
  let clock: Clock;
  let store: UnsafeMemoryStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new UnsafeMemoryStore();
    notes = new Notes(store, { idleTimeout: 100 });
  });
  afterEach(() => clock.restore());

  it("is also exported under its older name", () => {
    expect(UnsafeMemorySessionStore).to.equal(UnsafeMemoryStore);
  });

  it("throws a TypeError for options that are not an object", () => {
    for (const options of [5, "abc", null]) {
      expect(() => new UnsafeMemoryStore(options as never)).to.throw(
        TypeError,
        /must be an object/,
      );
    }
  });

  it("throws a TypeError for an unknown option", () => {
    expect(() => new UnsafeMemoryStore({ prefx: "a:" } as object)).to.throw(TypeError, "prefx");
  });

  it("shares no session with another instance", async () => {
    const browser = await notes.visitor();
    const other = new Notes(new UnsafeMemoryStore());
    expect(await other.behind(browser.cookie("session")!)).to.deep.equal({});
  });

  describe("removes", () => {
    it("a session in the second of its expiry", async () => {
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      const hour = new Notes(store, { idleTimeout: 3600, renewAfter: 3600 });
      clock.pass(99);
      expect(await hour.behind(id)).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await hour.behind(id)).to.deep.equal({});
      // The record is gone: a record that is there and expired would give the reason "expired".
      expect(hour.log.events).to.deep.equal([{ type: "fresh", reason: "unknown" }]);
    });

    it("the data of a session that has moved or ended immediately, and its tombstones after a minute", async () => {
      const watched = new WatchedMemoryStore();
      const site = new Notes(watched);
      const browser = await site.visitor();
      await browser.get("/regenerate");
      await browser.get("/destroy");
      const texts = [...new Set(watched.keys)].map((key) =>
        externalHooksOf(watched).read(key, undefined as never),
      );
      expect(texts).to.have.length(2);
      for (const text of texts) expect(text).to.match(/^1\.\d+\.0\.[\w-]*$/);

      const other = await site.visitor();
      const write = async () => {
        for (let i = 0; i < 10; i++) await other.get(`/set?a=${i}`);
      };
      clock.pass(59);
      await write();
      expect(watched.size, "two tombstones and a session").to.equal(3);
      clock.pass(1);
      await write();
      expect(watched.size).to.equal(1);
    });

    it("expired sessions when new ones are created, so that its size is bounded", async () => {
      let most = 0;
      for (let i = 0; i < 2000; i++) {
        await notes.visitor();
        if (i % 5 === 4) clock.pass(1); // about 500 sessions are alive
        most = Math.max(most, store.size);
      }
      expect(most).to.be.within(500, 1500);
    });

    it("expired sessions also when other sessions are changed", async () => {
      for (let i = 0; i < 100; i++) await notes.visitor();
      clock.pass(100);
      const browser = await notes.visitor();
      for (let i = 0; i < 100; i++) await browser.get(`/set?a=${i}`);
      expect(store.size).to.equal(1);
    });

    it("no session that is alive when it removes expired ones", async () => {
      const kept = await notes.visitor({ a: "kept" });
      for (let i = 0; i < 200; i++) {
        await notes.visitor();
        clock.pass(1);
        if (i % 50 === 49) {
          expect(await (await kept.get("/")).json(), `after ${i}`).to.deep.equal({ a: "kept" });
        }
      }
    });
  });

  // Version 0.0.49 of this package returned the object that it kept: a login under a new ID also
  // changed the data under the old ID.
  describe("shares no object", () => {
    let act: (session: Session) => unknown;
    let browser: Browser;

    beforeEach(async () => {
      const handler = app(
        { store, defaultSessionData: { shelf: [] } },
        { "/": ({ session }) => act(session) },
      );
      browser = new Browser(handler);
      act = ({ data }) => data.shelf.push("apple");
      await browser.get("/");
    });

    it("between a request and the store", async () => {
      act = ({ data }) => {
        data.shelf.push("stolen");
        throw new Error("The payment failed.");
      };
      await browser.get("/");
      act = ({ data }) => data;
      expect(await (await browser.get("/")).json()).to.deep.equal({ shelf: ["apple"] });
    });

    it("between two requests", async () => {
      const seen: unknown[] = [];
      act = async (outer) => {
        act = (inner) => {
          seen.push(inner.data === outer.data, inner.data.shelf === outer.data.shelf);
          inner.data.shelf.push("pear");
        };
        await browser.get("/");
        expect(outer.data.shelf).to.deep.equal(["apple"]);
      };
      expect((await browser.get("/")).status).to.equal(200);
      expect(seen).to.deep.equal([false, false]);
    });

    it("between the old ID and the new one", async () => {
      const old = `session=${browser.cookie("session")}`;
      act = async (session) => {
        await session.regenerate();
        session.data.user = "victim";
        session.data.shelf.push("pear");
      };
      await browser.get("/");
      act = ({ data }) => data;
      expect(await (await browser.get("/", { cookie: old })).json()).to.deep.equal({ shelf: [] });
    });

    it("between two sessions that start with the same default data", async () => {
      act = ({ data }) => data.shelf;
      browser.forgetCookies();
      expect(await (await browser.get("/")).json()).to.deep.equal([]);
    });
  });

  it("does not grow with anonymous requests, and the heap does not either (npm run soak sends a million)", async function () {
    this.timeout(60_000);
    await expectNothingLeftOf(30_000, store);
  });
});
