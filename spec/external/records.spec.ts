import { expect } from "chai";
import type { SessionOptions } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";

describe("the records of an external store", () => {
  let clock: Clock;
  let store: MapStore;
  let notes: Notes;

  beforeEach(() => {
    clock = new Clock();
    start();
  });
  afterEach(() => clock.restore());

  function start(options?: Partial<SessionOptions>, storeOptions = {}): void {
    store = new MapStore(storeOptions);
    notes = new Notes(store, options);
  }

  describe("have a lifetime", () => {
    it("in whole seconds of at least one", async () => {
      start({ idleTimeout: 10, renewAfter: 10 });
      const browser = await notes.visitor();
      clock.pass(9.7);
      await browser.get("/set?a=2");
      expect(store.hooks.update.args[0]![2]).to.equal(1);
    });

    it("in seconds of at least one, even if it is over before it is written", async () => {
      const handler = app(
        { store, defaultSessionData: {}, idleTimeout: 10, renewAfter: 10 },
        {
          "/restart": async ({ session }) => {
            await session.destroy();
            session.data.a = "2";
          },
        },
      );
      const browser = await notes.visitor();
      store.clearCalls();
      store.before("remove", () => clock.pass(60)); // a backend that is slow
      await new Browser(handler, { jar: browser.jar }).get("/restart");
      expect(store.hooks.create.args[0]![2]).to.equal(1);
    });

    it("that ends when the session was idle, whatever the backend still answers", async () => {
      start({ idleTimeout: 10, renewAfter: 10 });
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(9);
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await notes.behind(id)).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "expired" }]);
    });

    it("that ends at the latest when the session is so old, whatever the backend still answers", async () => {
      start({ idleTimeout: 10, absoluteTimeout: 15 });
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(8);
      await browser.get("/");
      expect(store.record).to.match(new RegExp(`^1\\.\\d+\\.${clock.now + 7}\\.`));
      clock.pass(7);
      expect(await notes.behind(id)).to.deep.equal({});
    });

    it("that ends so even if it was written when the timeouts were longer", async () => {
      start({ idleTimeout: 100, absoluteTimeout: 100 });
      const browser = await notes.visitor();
      const stricter = new Notes(store, { idleTimeout: 50, absoluteTimeout: 50 });
      clock.pass(49);
      expect(await stricter.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await stricter.behind(browser.cookie("session")!)).to.deep.equal({});
      expect(stricter.log.events).to.deep.equal([{ type: "fresh", reason: "expired" }]);
    });

    it("that holds although another server's clock is wrong by a minute", async () => {
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(-60);
      expect(await notes.behind(id)).to.deep.equal({ a: "1" });
      clock.pass(-1);
      expect(await notes.behind(id)).to.deep.equal({});
    });
  });

  describe("lead to a fresh session, with the reason invalid,", () => {
    const now = 1_800_000_000;
    for (const text of [
      "",
      "garbage",
      "{}",
      `2.${now}.${now + 9}.{}`,
      `1.0${now}.${now + 9}.{}`,
      `1.${now}.+${now + 9}.{}`,
      `1.${now}.${now + 9}`,
      `1.${now}.${now + 9}.`,
      `1.${now}.${now + 9}.null`,
      `1.${now}.${now + 9}.[]`,
      `1.${now}.${now + 9}.true`,
      `1.${now}.${now + 9}."text"`,
      `1.${now}.${now + 9}.{"a":`,
    ]) {
      it(`when they are such as ${JSON.stringify(text)}`, async () => {
        const browser = await notes.visitor();
        store.record = text;
        const response = await browser.get("/");
        expect(response.status).to.equal(200);
        expect(await response.json()).to.deep.equal({});
        expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "invalid" }]);
        const id = browser.cookie("session");
        await browser.get("/set?a=2");
        expect(browser.cookie("session")).to.not.equal(id);
      });
    }

    it("when parse refuses the data", async () => {
      start({}, { parse: () => { throw new Error("no such user any more"); } }); // prettier-ignore
      const browser = await notes.visitor();
      expect(await (await browser.get("/")).json()).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "invalid" }]);
    });
  });

  describe("are refused over maxBytes", () => {
    /** The header of a record is 24 bytes here: `1.1800000000.1800086400.` */
    const frame = 24 + '{"a":""}'.length;

    for (const [what, character, bytes] of [
      ["ASCII", "x", 1],
      ["two bytes each", "é", 2],
      ["three bytes each", "€", 3],
      ["surrogate pairs", "😀", 4],
    ] as const) {
      it(`to the byte, of UTF-8: ${what}`, async () => {
        const text = character.repeat(100);
        const size = frame + 100 * bytes;
        start({}, { maxBytes: size });
        await notes.visitor({ a: text });
        expect(Buffer.byteLength(store.record)).to.equal(size);

        start({}, { maxBytes: size - 1 });
        const browser = await notes.visitor({ a: text });
        expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
        expect(store.calls).to.deep.equal([]);
        expect(browser.cookie("session")).to.equal(undefined);
      });
    }

    it("of 65 536 bytes by default", async () => {
      await notes.visitor({ a: "x".repeat(65_536 - frame) });
      expect(store.record).to.have.length(65_536);
      await notes.visitor({ a: "x".repeat(65_537 - frame) });
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
    });

    const tooLarge = { type: "store-failed", code: "ERR_SESSION_RECORD_TOO_LARGE" };

    it("and leave the session as it was", async () => {
      start({}, { maxBytes: 200 });
      const browser = await notes.visitor();
      store.clearCalls();
      const response = await browser.get(`/set?a=${"x".repeat(200)}`);
      expect(response.status).to.equal(500);
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
      expect(store.calls).to.deep.equal(["read"]);
      expect(notes.log.events).to.deep.equal([tooLarge]);
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
    });

    it("and the ID is a new one all the same when regenerate() was called", async () => {
      start({}, { maxBytes: 200 });
      const browser = await notes.visitor();
      const old = browser.cookie("session");
      const response = await browser.get(`/regenerate?a=${"x".repeat(200)}`);
      expect(response.status).to.equal(500);
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
      expect(notes.log.events).to.deep.equal([tooLarge, { type: "regenerated" }]);
      expect(browser.cookie("session")).to.not.equal(old);
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
    });
  });
});
