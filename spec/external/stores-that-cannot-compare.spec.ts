import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

/** As on Workers KV: it can look whether a record is there, and write; not both in one step. */
class BlindStore extends MapStore {
  protected override get compares(): boolean {
    return false;
  }

  protected override update(
    ...[key, text, ttl, , ctx]: Parameters<MapStore["hooks"]["update"]>
  ): ReturnType<MapStore["hooks"]["update"]> {
    const current = this.records.get(key);
    if (current === undefined) return false;
    return super.update(key, text, ttl, current, ctx) as boolean;
  }
}

describe("an external store that cannot compare", () => {
  let clock: Clock;
  let store: BlindStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new BlindStore();
    notes = new Notes(store);
  });
  afterEach(() => clock.restore());

  it("writes no record again that it finds gone", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => browser.get("/destroy");
    const response = await browser.get("/set?a=2");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.records.size).to.equal(0);
    expect(notes.log.types).to.deep.equal(["destroyed", "gone"]);
  });

  it("writes none that has expired", async () => {
    const browser = await notes.visitor();
    notes.meanwhile = () => clock.pass(86_400);
    store.clearCalls();
    await browser.get("/set?a=2");
    expect(store.hooks.update.callCount).to.equal(0);
    expect(notes.log.types).to.deep.equal(["gone"]);
  });

  it("overwrites what another request has changed meanwhile", async () => {
    const browser = await notes.visitor({ a: "1", b: "1" });
    notes.meanwhile = () => browser.get("/set?b=2");
    await browser.get("/set?a=2");
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "2", b: "1" });
  });

  describe("regenerates", () => {
    it("and the old ID is dead before the response", async () => {
      const browser = await notes.visitor();
      const oldId = browser.cookie("session")!;
      store.clearCalls();
      await browser.get("/regenerate");
      expect(store.calls.slice(-2), "in this order").to.deep.equal(["create", "remove"]);
      expect(await notes.behind(oldId)).to.deep.equal({});
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    });

    it("nothing that has been destroyed before", async () => {
      const browser = await notes.visitor();
      notes.meanwhile = () => browser.get("/destroy");
      const response = await browser.get("/regenerate");
      expect(setCookies(response)).to.deep.equal([]);
      expect(store.records.size).to.equal(0);
    });

    it("and fails when it cannot remove the old record, which nothing else makes useless", async () => {
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
