import { expect } from "chai";
import { inspect } from "node:util";
import type { SessionOptions } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { MapStore } from "../support/map-store.js";
import { Notes } from "../support/notes.js";

describe("The records of an external store", () => {
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
    it("of at least one whole second", async () => {
      start({ idleTimeout: 10, renewAfter: 10 });
      const browser = await notes.visitor();
      clock.pass(9.7);
      await browser.get("/set?a=2");
      expect(store.hooks.update.args[0]![1].ttl).to.equal(1);
    });

    it("of at least one second, even if the session expires before a slow backend writes it", async () => {
      const handler = app(
        { store, defaultSessionData: {} },
        { "/short": ({ session }) => void (session.lifetime = 10) },
      );
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      store.before("update", async () => {
        await browser.get("/set?a=2");
        clock.pass(60); // a slow backend
      });
      await new Browser(handler, { jar: browser.jar }).get("/short");
      const [, { text, ttl }] = store.hooks.update.args.at(-1)!;
      expect(text).to.equal(`1.${clock.now - 60}.${clock.now - 50}.@10 {"a":"2"}`);
      expect(ttl).to.equal(1);
      expect(await notes.behind(id)).to.deep.equal({});
    });

    it("that ends at the idle timeout, even if the backend still returns the record", async () => {
      start({ idleTimeout: 10, renewAfter: 10 });
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(9);
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await notes.behind(id)).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "expired" }]);
    });

    it("that ends at the absolute timeout, even if the backend still returns the record", async () => {
      start({ idleTimeout: 10, absoluteTimeout: 15 });
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(8);
      await browser.get("/");
      expect(store.record).to.match(new RegExp(`^1\\.\\d+\\.${clock.now + 7}\\.`));
      clock.pass(7);
      expect(await notes.behind(id)).to.deep.equal({});
    });

    it("that ends at timeouts that have been shortened since the record was written", async () => {
      start({ idleTimeout: 100, absoluteTimeout: 100 });
      const browser = await notes.visitor();
      const stricter = new Notes(store, { idleTimeout: 50, absoluteTimeout: 50 });
      clock.pass(49);
      expect(await stricter.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
      clock.pass(1);
      expect(await stricter.behind(browser.cookie("session")!)).to.deep.equal({});
      expect(stricter.log.events).to.deep.equal([{ type: "fresh", reason: "expired" }]);
    });

    it("that tolerates a difference of one minute between the clocks of two servers", async () => {
      const browser = await notes.visitor();
      const id = browser.cookie("session")!;
      clock.pass(-60);
      expect(await notes.behind(id)).to.deep.equal({ a: "1" });
      clock.pass(-1);
      expect(await notes.behind(id)).to.deep.equal({});
    });
  });

  describe("cause a fresh session with the reason invalid", () => {
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
      it(`when the text is ${JSON.stringify(text)}`, async () => {
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

    it("when parse throws", async () => {
      start({}, { parse: () => { throw new Error("The user no longer exists."); } }); // prettier-ignore
      const browser = await notes.visitor();
      expect(await (await browser.get("/")).json()).to.deep.equal({});
      expect(notes.log.events).to.deep.equal([{ type: "fresh", reason: "invalid" }]);
    });
  });

  describe("are rejected over maxBytes", () => {
    /** The header of a record has 24 bytes here: `1.1800000000.1800086400.` */
    const overhead = 24 + '{"a":""}'.length;

    for (const [what, character, bytes] of [
      ["ASCII", "x", 1],
      ["characters of two bytes", "é", 2],
      ["characters of three bytes", "€", 3],
      ["surrogate pairs", "😀", 4],
    ] as const) {
      it(`counted in bytes of UTF-8: ${what}`, async () => {
        const text = character.repeat(100);
        const size = overhead + 100 * bytes;
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

    it("which is 65,536 bytes by default", async () => {
      await notes.visitor({ a: "x".repeat(65_536 - overhead) });
      expect(store.record).to.have.length(65_536);
      await notes.visitor({ a: "x".repeat(65_537 - overhead) });
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
    });

    const tooLarge = { type: "store-failed", code: "ERR_SESSION_RECORD_TOO_LARGE" };

    it("and leave the session unchanged", async () => {
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

    it("with an error that contains neither the ID nor the key nor the data", async () => {
      start({}, { maxBytes: 200 });
      const browser = await notes.visitor();
      await browser.get(`/set?a=${"secret".repeat(40)}`);
      const text = inspect(notes.app.errors, { depth: Infinity, showHidden: true });
      expect(text).to.contain("ERR_SESSION_RECORD_TOO_LARGE");
      for (const secret of ["secret", browser.cookie("session"), store.keys[0]]) {
        expect(text).to.not.contain(secret);
      }
    });

    it("and regenerate() still moves the session to a new ID, without the change", async () => {
      start({}, { maxBytes: 200 });
      const browser = await notes.visitor();
      const old = browser.cookie("session");
      const response = await browser.get(`/regenerate?a=${"x".repeat(200)}`);
      expect(response.status).to.equal(500);
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
      expect(notes.log.events).to.deep.equal([{ type: "regenerated" }, tooLarge]);
      expect(browser.cookie("session")).to.not.equal(old);
      expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
    });

    describe("when the limit has been lowered", () => {
      let browser: Browser;
      let stricter: Notes;
      let before: string;

      beforeEach(async () => {
        browser = await notes.visitor();
        before = store.record;
        // Even a tombstone is longer than this limit.
        const strict = new MapStore({ maxBytes: 10 });
        for (const [key, text] of store.records) strict.records.set(key, text);
        store = strict;
        stricter = new Notes(strict);
        browser = new Browser(stricter.app, { jar: browser.jar });
      });

      it("but destroy() still ends the session", async () => {
        expect((await browser.get("/destroy")).status).to.equal(200);
        expect(store.sessions).to.deep.equal([]);
        expect(stricter.log.types).to.deep.equal(["destroyed"]);
      });

      it("and regenerate() moves nothing", async () => {
        const old = browser.cookie("session");
        expect((await browser.get("/regenerate")).status).to.equal(500);
        expect(stricter.log.events).to.deep.equal([tooLarge]);
        expect(store.calls).to.deep.equal(["read"]);
        expect(store.record).to.equal(before);
        expect(browser.cookie("session")).to.equal(old);
      });
    });
  });
});
