import { expect } from "chai";
import type { Replacement } from "../../lib/index.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

/** Like Workers KV, it can compare and can write, but not both in one step. */
class StoreWithoutCompare extends MapStore {
  /** The next `update()` runs this between its comparison and its write. */
  betweenSteps: () => unknown = () => {};

  protected override get compares(): boolean {
    return false;
  }

  protected override async update(key: string, { text, expected }: Replacement): Promise<boolean> {
    this.calls.push("update");
    if (this.records.get(key) !== expected) return false;
    const { betweenSteps } = this;
    this.betweenSteps = () => {};
    await betweenSteps();
    this.records.set(key, text);
    return true;
  }
}

describe("An external store without compare-and-swap", () => {
  let clock: Clock;
  let store: StoreWithoutCompare;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new StoreWithoutCompare();
    notes = new Notes(store);
  });
  afterEach(() => clock.restore());

  for (const [what, end] of Object.entries({
    "has been destroyed": "/destroy",
    "has moved to a new ID": "/regenerate",
  })) {
    it(`does not write the record of a session that ${what}`, async () => {
      const browser = await notes.visitor();
      const cookie = `session=${browser.cookie("session")}`;
      notes.meanwhile = () => browser.get(end);
      const response = await browser.get("/set?a=2", { cookie });
      expect(response.status).to.equal(200);
      expect(setCookies(response)).to.deep.equal([]);
      expect(store.tombstones).to.have.length(1);
      expect(store.sessions.join()).to.not.contain('"2"');
      const event = end === "/destroy" ? "destroyed" : "regenerated";
      expect(notes.log.types).to.deep.equal([event, "gone"]);
    });
  }

  it("does not write a record that the backend has removed", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => store.records.clear();
    const response = await browser.get("/set?a=2");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.records.size).to.equal(0);
    expect(notes.log.types).to.deep.equal(["gone"]);
  });

  it("does not write a record that has expired", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => clock.pass(86_400);
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.calls).to.deep.equal(["read", "read"]);
    expect(notes.log.types).to.deep.equal(["gone"]);
  });

  it("keeps a concurrent change that was written before it compares", async () => {
    const browser = await notes.visitor({ a: "1", b: "1" });
    notes.meanwhile = () => browser.get("/set?b=2");
    await browser.get("/set?a=2");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "2", b: "2" });
    expect(notes.log.types).to.deep.equal(["saved", "saved", "merged"]);
  });

  it("overwrites a concurrent change that is written between its comparison and its write", async () => {
    const browser = await notes.visitor({ a: "1", b: "1" });
    store.betweenSteps = () => browser.get("/set?b=2");
    await browser.get("/set?a=2");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "2", b: "1" });
    expect(notes.log.types).to.deep.equal(["saved", "saved"]);
  });

  describe("on destroy()", () => {
    it("replaces the record with a tombstone", async () => {
      const browser = await notes.visitor();
      store.clearCalls();
      await browser.get("/destroy");
      expect(store.calls).to.deep.equal(["read", "update"]);
      expect([...store.records.values()]).to.deep.equal([`1.${clock.now}.0.`]);
    });

    it("ends a session that another request has moved meanwhile", async () => {
      const browser = await notes.visitor();
      const cookie = `session=${browser.cookie("session")}`;
      store.interfere("read", async (load) => {
        const text = load();
        await browser.get("/regenerate");
        return text;
      });
      await browser.get("/destroy", { cookie });
      expect(notes.log.types).to.deep.equal(["regenerated", "destroyed"]);
      expect(store.sessions).to.deep.equal([]);
    });
  });

  describe("on regenerate()", () => {
    it("ends the old ID before the response", async () => {
      const browser = await notes.visitor();
      const oldId = browser.cookie("session")!;
      store.clearCalls();
      await browser.get("/regenerate");
      expect(store.calls).to.deep.equal(["read", "create", "update"]);
      expect(store.tombstones).to.have.length(1);
      expect(await notes.behind(oldId)).to.deep.equal({});
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    });

    for (const [what, path] of Object.entries({ destroyed: "/destroy", moved: "/regenerate" })) {
      it(`moves nothing and leaves no record if the session has been ${what} meanwhile`, async () => {
        const browser = await notes.visitor();
        const cookie = `session=${browser.cookie("session")}`;
        store.before("create", () => browser.get(path));
        const response = await browser.get("/regenerate", { cookie });
        expect(response.status).to.equal(path === "/destroy" ? 500 : 200);
        expect(setCookies(response)).to.deep.equal([]);
        expect(store.sessions).to.have.length(path === "/destroy" ? 0 : 1);
        expect(notes.log.types.at(-1)).to.equal("gone");
      });
    }

    it("fails if it cannot replace the old record", async () => {
      const browser = await notes.visitor();
      const oldId = browser.cookie("session")!;
      store.betweenSteps = () => {
        throw new Error("connection refused");
      };
      const response = await browser.get("/regenerate");
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(await notes.behind(oldId)).to.deep.equal({ a: "1" });
    });
  });
});
