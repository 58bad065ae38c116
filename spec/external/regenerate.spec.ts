import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore, type Hook } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

describe("regenerate() on an external store", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;
  let browser: Browser;
  let oldId: string;

  beforeEach(async () => {
    clock = new Clock();
    await start();
  });
  afterEach(() => clock.restore());

  async function start(): Promise<void> {
    store = new MapStore();
    notes = new Notes(store);
    browser = await notes.visitor({ a: "1" });
    oldId = browser.cookie("session")!;
    store.clearCalls();
  }

  /** Sends a request from a second window of the same browser, which still holds the old ID. */
  function visitInSecondWindow(path: string): Promise<Response> {
    return new Browser(notes.app).get(path, { cookie: `session=${oldId}` });
  }

  it("moves the data to a new ID and ends the old ID before the response", async () => {
    const response = await browser.get("/regenerate?user=alice");
    const newId = browser.cookie("session")!;
    expect(setCookies(response).map(({ value }) => value)).to.deep.equal([newId]);
    expect(newId).to.not.equal(oldId);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(newId)).to.deep.equal({ a: "1", user: "alice" });
    expect(store.records.size).to.equal(1);
    expect(notes.log.types).to.deep.equal(["regenerated", "fresh"]);
  });

  it("keeps the creation time of the session", async () => {
    const { created } = /^1\.(?<created>\d+)\./.exec(store.record)!.groups!;
    clock.pass(1000);
    await browser.get("/regenerate");
    expect(store.record).to.match(new RegExp(`^1\\.${created}\\.`));
  });

  it("creates the new record before it replaces the old one with a tombstone", async () => {
    await browser.get("/regenerate");
    expect(store.calls).to.deep.equal(["read", "read", "create", "update", "remove"]);
  });

  it("takes effect when the handler throws, but without the changes of the handler", async () => {
    notes.meanwhile = () => {
      throw new Error("after regenerate()");
    };
    const response = await browser.get("/regenerate?user=alice");
    expect(response.status).to.equal(500);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
  });

  describe("includes a concurrent write", () => {
    for (const hook of ["create", "update"] as const) {
      it(`that arrives before it calls ${hook}()`, async () => {
        store.before(hook, () => visitInSecondWindow("/set?b=2"));
        await browser.get("/regenerate?user=alice");
        expect(notes.log.types).to.include.members(["regenerated", "merged"]);
        const data = { a: "1", b: "2", user: "alice" };
        expect(await notes.behind(browser.cookie("session")!)).to.deep.equal(data);
        expect(await notes.behind(oldId)).to.deep.equal({});
        expect(store.records.size).to.equal(1);
      });
    }
  });

  it("does not include a concurrent write that arrives after it called update()", async () => {
    let late: Response | undefined;
    store.before("remove", async () => (late = await visitInSecondWindow("/set?b=2")));
    await browser.get("/regenerate");
    expect(late?.status).to.equal(200);
    expect(setCookies(late!)[0]?.value).to.not.equal(oldId);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
  });

  for (const path of ["/destroy", "/regenerate"]) {
    for (const hook of ["create", "update"] as const) {
      it(`sets no cookie and leaves no record when ${path} arrives before it calls ${hook}()`, async () => {
        store.before(hook, () => browser.get(path));
        const response = await visitInSecondWindow("/regenerate?user=loser");
        expect(response.status).to.equal(200);
        expect(setCookies(response)).to.deep.equal([]);
        expect(notes.log.types.at(-1)).to.equal("gone");
        expect(await notes.behind(oldId)).to.deep.equal({});
        expect([...store.records.values()].join()).to.not.contain("loser");
        const winner = browser.cookie("session");
        expect(store.records.size).to.equal(path === "/regenerate" ? 1 : 0);
        if (winner) expect(await notes.behind(winner)).to.deep.equal({ a: "1" });
      });
    }
  }

  it("leaves no data in the backend when the session expires meanwhile", async () => {
    store.before("update", () => clock.pass(86_400));
    const response = await browser.get("/regenerate");
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.log.types).to.deep.equal(["gone"]);
    for (const text of store.records.values()) expect(text).to.not.contain('"a"');
  });

  it("is an ordinary save if the session is fresh", async () => {
    const newVisitor = new Browser(notes.app);
    await newVisitor.get("/regenerate?a=2");
    expect(store.calls).to.deep.equal(["create"]);
    expect(notes.log.types).to.deep.equal(["saved"]);
  });

  /*
   * The process or its connection can die at any moment. Each backend call fails once before it
   * takes effect, and once after it took effect, when only the reply is lost. Afterwards the ID
   * that the client holds must lead to the whole session or to no session.
   */
  describe("when the backend fails", () => {
    const faults: Record<string, (call: () => unknown) => unknown> = {
      "before it takes effect": () => {
        throw new Error("connection refused");
      },
      "after it took effect": (call) => {
        call();
        throw new Error("connection reset");
      },
    };
    /** The calls after the load. A concurrent write makes the first update() a conflict. */
    const calls: Hook[] = ["read", "create", "update", "read", "update", "update", "remove"];

    for (const [how, fail] of Object.entries(faults)) {
      for (const [index, hook] of calls.entries()) {
        it(`in call ${index + 1}, ${hook}(), ${how}: leaves the whole session or none`, async () => {
          const seen: Hook[] = [];
          let isSecondWindow = false;
          store.interfereAlways(async (called, call) => {
            if (isSecondWindow) return call();
            seen.push(called);
            if (seen.length === 4 && called === "update") {
              isSecondWindow = true;
              await visitInSecondWindow("/set?b=2");
              isSecondWindow = false;
            }
            return seen.length === index + 2 ? fail(call) : call();
          });
          const response = await browser.get("/regenerate?c=3");
          store.interfereAlways();

          expect(seen[index + 1], "the call that failed").to.equal(hook);
          const held = browser.cookie("session")!;
          const all = { a: "1", b: "2", c: "3" };
          if (response.status === 200) {
            expect(held).to.not.equal(oldId);
            expect(await notes.behind(held)).to.deep.equal(all);
            expect(await notes.behind(oldId)).to.deep.equal({});
          } else {
            expect(setCookies(response)).to.deep.equal([]);
            expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
            const isDead = index === 5 && how === "after it took effect";
            const merged = index > 1 ? { b: "2" } : {};
            expect(await notes.behind(oldId)).to.deep.equal(isDead ? {} : { a: "1", ...merged });
          }
        });
      }
    }

    it("in update(), after it took effect: keeps the new record, which is the only copy of the data", async () => {
      store.interfere("update", (call) => {
        call();
        throw new Error("connection reset");
      });
      expect((await browser.get("/regenerate")).status).to.equal(500);
      expect(store.calls).to.deep.equal(["read", "read", "create", "update"]);
      expect([...store.records.values()].join()).to.contain('{"a":"1"}');
    });

    it("only in the final remove(): succeeds, and a tombstone makes the old ID unknown", async () => {
      store.interfere("remove", () => {
        throw new Error("connection refused");
      });
      expect((await browser.get("/regenerate")).status).to.equal(200);
      expect(store.records.size).to.equal(2);
      notes.log.clear();
      expect(await notes.behind(oldId)).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "unknown" }]);
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    });
  });
});
