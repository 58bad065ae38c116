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

  /** As a second window of the same browser, which still holds the old ID. */
  function visitBeside(path: string): Promise<Response> {
    return new Browser(notes.app).get(path, { cookie: `session=${oldId}` });
  }

  it("moves the data to a new ID, and the old one is dead before the response", async () => {
    const response = await browser.get("/regenerate?user=alice");
    const newId = browser.cookie("session")!;
    expect(setCookies(response).map(({ value }) => value)).to.deep.equal([newId]);
    expect(newId).to.not.equal(oldId);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(newId)).to.deep.equal({ a: "1", user: "alice" });
    expect(store.records.size).to.equal(1);
    expect(notes.log.types).to.deep.equal(["regenerated", "fresh"]);
  });

  it("keeps when the session was created", async () => {
    const { created } = /^1\.(?<created>\d+)\./.exec(store.record)!.groups!;
    clock.pass(1000);
    await browser.get("/regenerate");
    expect(store.record).to.match(new RegExp(`^1\\.${created}\\.`));
  });

  it("writes the new record before the old one dies, and tells the ID to nobody before that", async () => {
    await browser.get("/regenerate");
    expect(store.calls).to.deep.equal(["read", "read", "create", "update", "remove"]);
  });

  it("is honoured when the handler fails, without the handler's changes", async () => {
    notes.meanwhile = () => {
      throw new Error("after regenerate()");
    };
    const response = await browser.get("/regenerate?user=alice");
    expect(response.status).to.equal(500);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
  });

  describe("takes a write beside it along", () => {
    for (const hook of ["create", "update"] as const) {
      it(`that comes before its ${hook}`, async () => {
        store.before(hook, () => visitBeside("/set?b=2"));
        await browser.get("/regenerate?user=alice");
        expect(notes.log.types).to.include.members(["regenerated", "merged"]);
        const data = { a: "1", b: "2", user: "alice" };
        expect(await notes.behind(browser.cookie("session")!)).to.deep.equal(data);
        expect(await notes.behind(oldId)).to.deep.equal({});
        expect(store.records.size).to.equal(1);
      });
    }
  });

  it("refuses a write beside it that comes after its update", async () => {
    let late: Response | undefined;
    store.before("remove", async () => (late = await visitBeside("/set?b=2")));
    await browser.get("/regenerate");
    expect(late?.status).to.equal(200);
    expect(setCookies(late!)[0]?.value).to.not.equal(oldId);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
  });

  for (const path of ["/destroy", "/regenerate"]) {
    for (const hook of ["create", "update"] as const) {
      it(`loses to ${path} that comes before its ${hook}: sets no cookie, leaves no record`, async () => {
        store.before(hook, () => browser.get(path));
        const response = await visitBeside("/regenerate?user=loser");
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

  it("of a session that expires beside it creates nothing that lasts", async () => {
    store.before("update", () => clock.pass(86_400));
    const response = await browser.get("/regenerate");
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.log.types).to.deep.equal(["gone"]);
    for (const text of store.records.values()) expect(text).to.not.contain('"a"');
  });

  it("of a session that is fresh is nothing special", async () => {
    const newcomer = new Browser(notes.app);
    await newcomer.get("/regenerate?a=2");
    expect(store.calls).to.deep.equal(["create"]);
    expect(notes.log.types).to.deep.equal(["saved"]);
  });

  /*
   * The process dies, or its connection does, at any moment: each call in turn has no effect and fails, or has its effect and its
   * answer is lost. Whatever the client holds then leads to the whole session or to none.
   */
  describe("when the backend fails at", () => {
    const faults: Record<string, (call: () => unknown) => unknown> = {
      "before it had an effect": () => {
        throw new Error("connection refused");
      },
      "whose answer was lost": (call) => {
        call();
        throw new Error("connection reset");
      },
    };
    /** The calls after the load, with a write beside it so that there is a conflict. */
    const calls: Hook[] = ["read", "create", "update", "read", "update", "update", "remove"];

    for (const [how, fail] of Object.entries(faults)) {
      for (const [index, hook] of calls.entries()) {
        it(`call ${index + 1}, ${hook}, ${how}, never leaves half a session`, async () => {
          const seen: Hook[] = [];
          let isBeside = false;
          store.interfereAlways(async (called, call) => {
            if (isBeside) return call();
            seen.push(called);
            if (seen.length === 4 && called === "update") {
              isBeside = true;
              await visitBeside("/set?b=2");
              isBeside = false;
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
            const isDead = index === 5 && how === "whose answer was lost";
            const beside = index > 1 ? { b: "2" } : {};
            expect(await notes.behind(oldId)).to.deep.equal(isDead ? {} : { a: "1", ...beside });
          }
        });
      }
    }

    it("all that is left to do is to tidy up, is done all the same", async () => {
      store.interfere("remove", () => {
        throw new Error("connection refused");
      });
      const response = await browser.get("/regenerate");
      expect(response.status).to.equal(200);
      expect(await notes.behind(oldId)).to.deep.equal({});
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    });
  });
});
