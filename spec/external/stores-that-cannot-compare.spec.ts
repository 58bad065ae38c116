import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

/** Like Workers KV, it can check that a record exists and can write, but not both in one step. */
class StoreWithoutCompare extends MapStore {
  protected override get compares(): boolean {
    return false;
  }

  protected override update(
    ...[key, { text, ttl }, call]: Parameters<MapStore["hooks"]["update"]>
  ): ReturnType<MapStore["hooks"]["update"]> {
    const current = this.records.get(key);
    if (current === undefined) return false;
    return super.update(key, { text, ttl, expected: current }, call) as boolean;
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

  it("does not write a record that has been removed", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => browser.get("/destroy");
    const response = await browser.get("/set?a=2");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.records.size).to.equal(0);
    expect(notes.log.types).to.deep.equal(["destroyed", "gone"]);
  });

  it("does not write a record that has expired", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => clock.pass(86_400);
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.hooks.update.callCount).to.equal(0);
    expect(notes.log.types).to.deep.equal(["gone"]);
  });

  it("overwrites a concurrent change", async () => {
    const browser = await notes.visitor({ a: "1", b: "1" });
    notes.meanwhile = () => browser.get("/set?b=2");
    await browser.get("/set?a=2");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "2", b: "1" });
  });

  describe("on regenerate()", () => {
    it("ends the old ID before the response", async () => {
      const browser = await notes.visitor();
      const oldId = browser.cookie("session")!;
      store.clearCalls();
      await browser.get("/regenerate");
      expect(store.calls.slice(-2), "the last two calls").to.deep.equal(["create", "remove"]);
      expect(await notes.behind(oldId)).to.deep.equal({});
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    });

    it("moves nothing if the session has been destroyed meanwhile", async () => {
      const browser = await notes.visitor();
      notes.meanwhile = () => browser.get("/destroy");
      const response = await browser.get("/regenerate");
      expect(setCookies(response)).to.deep.equal([]);
      expect(store.records.size).to.equal(0);
    });

    // This store cannot write a tombstone, so the old ID would stay valid.
    it("fails if it cannot remove the old record", async () => {
      const browser = await notes.visitor();
      const oldId = browser.cookie("session")!;
      store.interfere("remove", () => {
        throw new Error("connection refused");
      });
      const response = await browser.get("/regenerate");
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(await notes.behind(oldId)).to.deep.equal({ a: "1" });
    });
  });
});
