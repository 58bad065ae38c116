import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

describe("A renewal by an external store", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    store = new MapStore();
    notes = new Notes(store, { idleTimeout: 1000, renewAfter: 100 });
  });
  afterEach(() => clock.restore());

  it("is not written before it is due when a request only reads", async () => {
    const browser = await notes.visitor();
    clock.pass(99);
    store.clearCalls();
    const response = await browser.get("/");
    expect(store.calls).to.deep.equal(["read"]);
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.log.events).to.deep.equal([]);
  });

  it("moves only the expiry once it is due", async () => {
    const browser = await notes.visitor();
    clock.pass(100);
    store.clearCalls();
    const response = await browser.get("/");
    expect(store.calls).to.deep.equal(["read", "update"]);
    expect(store.record).to.equal(`1.${clock.now - 100}.${clock.now + 1000}.{"a":"1"}`);
    expect(setCookies(response)[0]).to.deep.include({ value: browser.cookie("session") });
    expect(notes.log.types).to.deep.equal(["renewed"]);
    await browser.get("/");
    expect(store.calls).to.deep.equal(["read", "update", "read"]);
  });

  it("is not written when the request does not read the session", async () => {
    const browser = await notes.visitor();
    clock.pass(500);
    store.clearCalls();
    await browser.get("/nothing");
    expect(store.hooks.update.callCount).to.equal(0);
  });

  it("does not overwrite a concurrent change", async () => {
    const browser = await notes.visitor({ a: "1" });
    clock.pass(100);
    notes.meanwhile = () => browser.get("/set?a=2");
    await browser.get("/");
    expect(store.record).to.equal(`1.${clock.now - 100}.${clock.now + 1000}.{"a":"2"}`);
  });

  it("does not shorten an expiry that a concurrent renewal has extended", async () => {
    const browser = await notes.visitor({ a: "1" });
    clock.pass(100);
    store.before("update", async () => {
      clock.pass(50);
      await browser.get("/");
    });
    await browser.get("/set?b=2");
    expect(notes.log.types).to.deep.equal(["renewed", "saved"]);
    expect(store.record).to.equal(`1.${clock.now - 150}.${clock.now + 1000}.{"a":"1","b":"2"}`);
  });

  it("cuts an expiry that a server whose clock is ahead has written to what its own timeouts allow", async () => {
    const browser = await notes.visitor({ a: "1" });
    clock.pass(100);
    store.before("update", async () => {
      clock.pass(50);
      await browser.get("/");
      clock.pass(-50);
    });
    await browser.get("/set?b=2");
    expect(store.record).to.equal(`1.${clock.now - 100}.${clock.now + 1000}.{"a":"1","b":"2"}`);
  });

  it("that the backend refuses fails no request, and leaves the client its cookie as it is", async () => {
    const browser = await notes.visitor();
    const before = store.record;
    clock.pass(100);
    store.interfere("update", () => {
      throw new Error("OOM command not allowed");
    });
    const response = await browser.get("/");
    expect(response.status).to.equal(200);
    expect(await response.json()).to.deep.equal({ a: "1" });
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
    expect(store.record).to.equal(before);
    await browser.get("/");
    expect(notes.log.types).to.deep.equal(["store-failed", "renewed"]);
  });
});
