import { expect } from "chai";
import type { RequestContext } from "@hattip/compose";
import sinon from "sinon";
import { SessionError } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { EventLog } from "../support/event-log.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { keyOf, open, scopeOf, seal, SEALED_STORES } from "../support/sealed-stores.js";

const TEXT = '{"user":1}';

for (const { aName, create } of SEALED_STORES) {
  describe(`The keys option of ${aName} store`, () => {
    const routes = { "/visit": countVisit };

    it("can be an array, whose later changes have no effect", async () => {
      const keys = [await keyOf(1)];
      const store = create(keys);
      keys.unshift(await keyOf(2));
      const value = await seal(store, TEXT);
      expect(await open(create([await keyOf(1)]), value)).to.include({ outdated: false });
    });

    it("can be a promise of an array", async () => {
      const value = await seal(create(Promise.all([keyOf(1), keyOf(2)])), TEXT);
      expect(await open(create([await keyOf(1)]), value)).to.include({ text: TEXT });
    });

    it("can be any object with a then()", async () => {
      const keys = [await keyOf(1)];
      // oxlint-disable-next-line unicorn/no-thenable -- the spec needs a thenable
      const store = create({ then: (resolve) => Promise.resolve(keys).then(resolve) });
      expect(await open(create(keys), await seal(store, TEXT))).to.include({ text: TEXT });
    });

    for (const [title, answer] of Object.entries({
      "an array": (keys: CryptoKey[]) => keys,
      "a promise": async (keys: CryptoKey[]) => keys,
    })) {
      it(`can be a function of ctx that returns ${title}`, async () => {
        const ring = { one: [await keyOf(1)], two: [await keyOf(2)] };
        const store = create((ctx) => answer(ring[ctx.env("RING") as keyof typeof ring]));
        const browser = new Browser(app({ store, defaultSessionData: { visits: 0 } }, routes), {
          env: { RING: "two" },
        });
        expect(await (await browser.get("/visit")).json()).to.equal(1);
        expect(await (await browser.get("/visit")).json()).to.equal(2);
        expect(await open(create(ring.two), browser.cookie("session")!)).to.be.an("object");
      });
    }

    it("is resolved once for sequential and concurrent requests", async () => {
      const keys = sinon.spy(async () => [await keyOf(1)]);
      const store = create(keys);
      const values = await Promise.all(Array.from({ length: 20 }, async () => seal(store, TEXT)));
      for (const value of values) expect(await open(store, value)).to.include({ text: TEXT });
      expect(keys.callCount).to.equal(1);
    });

    it("is not resolved before a request needs a key", async () => {
      const keys = sinon.spy(async () => [await keyOf(1)]);
      const store = create(keys);
      expect(await open(store, "no session")).to.equal("malformed");
      expect(keys.callCount).to.equal(0);
    });

    it("is resolved again by the next request after a failure", async () => {
      const failure = new Error("the vault is locked");
      const keys = sinon.stub<[], Promise<CryptoKey[]>>();
      keys.onFirstCall().rejects(failure);
      keys.onSecondCall().throws(failure);
      keys.resolves([await keyOf(1)]);
      const store = create(keys);
      for (let attempt = 0; attempt < 2; attempt++) {
        const error = await seal(store, TEXT).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(SessionError);
        expect(error).to.include({ code: "ERR_SESSION_STORE", cause: failure });
        expect((error as Error).message).to.match(/keys .* could not be loaded/);
      }
      expect(await open(store, await seal(store, TEXT))).to.include({ text: TEXT });
      expect(keys.callCount).to.equal(3);
    });

    it("fails all waiting requests but no later request when it rejects", async () => {
      const keys = sinon.stub<[], Promise<CryptoKey[]>>();
      keys.onFirstCall().rejects(new Error("timeout"));
      keys.resolves([await keyOf(1)]);
      const store = create(keys);
      const answers = await Promise.allSettled([seal(store, TEXT), seal(store, TEXT)]);
      expect(answers.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      expect(await seal(store, TEXT)).to.be.a("string");
      expect(keys.callCount).to.equal(2);
    });

    it("times out after five seconds, and is then resolved again", async () => {
      const timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const keys = sinon.stub<[], Promise<CryptoKey[]>>();
        keys.onFirstCall().returns(new Promise(() => {}));
        keys.resolves([await keyOf(1)]);
        const store = create(keys);
        const hung = Promise.allSettled([seal(store, TEXT)]);
        await timers.tickAsync(5000);
        expect((await hung)[0]).to.have.nested.property("reason.code", "ERR_SESSION_STORE");
        expect(await seal(store, TEXT)).to.be.a("string");
      } finally {
        timers.restore();
      }
    });

    it("times out for each waiting request separately", async () => {
      const timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const keys = sinon.stub<[], Promise<CryptoKey[]>>();
        keys.onFirstCall().returns(new Promise(() => {}));
        keys.resolves([await keyOf(1)]);
        const store = create(keys);
        void seal(store, TEXT);
        // Workers drop the timers of a request that has ended, and its promises never settle.
        timers.reset();
        const waiting = Promise.allSettled([seal(store, TEXT)]);
        await timers.tickAsync(5000);
        expect((await waiting)[0]).to.have.nested.property("reason.code", "ERR_SESSION_STORE");
        expect(await seal(store, TEXT)).to.be.a("string");
      } finally {
        timers.restore();
      }
    });

    it("is not called again if its keys arrive after the requests have timed out", async () => {
      const timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const arrival = new Deferred<CryptoKey[]>();
        const keys = sinon.spy(() => arrival.promise);
        const store = create(keys);
        const waiting = Promise.allSettled([seal(store, TEXT)]);
        await timers.tickAsync(5000);
        expect((await waiting)[0]).to.have.nested.property("reason.code", "ERR_SESSION_STORE");
        arrival.resolve([await keyOf(1)]);
        // Another store gets the same keys a moment later, so that the first one has finished.
        await seal(create(arrival.promise), TEXT);
        await new Promise(setImmediate);
        expect(await seal(store, TEXT)).to.be.a("string");
        expect(keys.callCount).to.equal(1);
      } finally {
        timers.restore();
      }
    });

    it("fails only the requests that use the session while it rejects", async () => {
      const store = create(async () => Promise.reject(new Error("the vault is locked")));
      const { events, onEvent } = new EventLog();
      const other = create([await keyOf(1)]);
      const visits = app(
        { store, defaultSessionData: { visits: 0 }, onEvent },
        { ...routes, "/health": () => "fine" },
      );
      const browser = new Browser(visits);
      browser.setCookie("session", await seal(other, TEXT));
      const cookie = browser.cookie("session");
      expect((await browser.get("/health")).status).to.equal(200);
      expect((await browser.get("/visit")).status).to.equal(500);
      expect(browser.cookie("session")).to.equal(cookie);
      expect(events).to.deep.include({ type: "store-failed", code: "ERR_SESSION_STORE" });
    });

    it("causes ERR_SESSION_USAGE instead of a store error when the function returns no key", async () => {
      const visits = app({ store: create(() => []), defaultSessionData: { visits: 0 } }, routes);
      expect((await new Browser(visits).get("/visit")).status).to.equal(500);
      expectUsageError(visits.errors[0], "keys must be an array of at least one key");
    });

    it("is called with the ctx of the current request", async () => {
      const ctx = scopeOf().ctx;
      const keys = sinon.spy(async () => [await keyOf(1)]);
      await seal(create(keys), TEXT, scopeOf({ ctx }));
      expect(keys.args).to.deep.equal([[ctx]]);
      expect((keys.args as unknown[][])[0]![0]).to.equal(ctx);
    });
  });
}

describe("A signed or encrypted store", () => {
  it("rejects an unknown option and an invalid one", async () => {
    const keys = [await keyOf(1)];
    for (const { create } of SEALED_STORES) {
      const options = { stringfy: JSON.stringify } as object;
      expect(() => create(keys, options)).to.throw(TypeError, /no option stringfy/);
      expect(() => create(keys, { stringify: "JSON" as never })).to.throw(TypeError, /stringify/);
      expect(() => create(keys, { parse: "JSON" as never })).to.throw(TypeError, /parse/);
    }
  });

  it("uses the options stringify and parse", async () => {
    for (const { create } of SEALED_STORES) {
      const store = create([await keyOf(1)], {
        stringify: (data) => `<${JSON.stringify(data)}>`,
        parse: (text) => JSON.parse(text.slice(1, -1)),
      });
      expect(store.codec.serialize({ user: 1 })).to.equal('<{"user":1}>');
      const value = await seal(store, store.codec.serialize({ user: 1 }));
      const found = await open(store, value);
      expect(found).to.deep.include({ text: '<{"user":1}>', data: { user: 1 } });
    }
  });

  it("rejects data if parse throws or returns no plain object", async () => {
    for (const { create } of SEALED_STORES) {
      const keys = [await keyOf(1)];
      const strict = create(keys, {
        parse() {
          throw new Error("unknown format");
        },
      });
      expect(await open(strict, await seal(strict, TEXT))).to.equal("invalid");
      const nonPlain = create(keys, { parse: () => new Map() as never });
      expect(await open(nonPlain, await seal(nonPlain, TEXT))).to.equal("invalid");
      for (const text of ["1", '"text"', "null", "[]", "true", "", "{"]) {
        const store = create(keys);
        expect(await open(store, await seal(store, text))).to.equal("invalid");
      }
    }
  });

  it("fails with ERR_SESSION_USAGE for an asynchronous parse, even if its promise rejects", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    for (const { create } of SEALED_STORES) {
      const store = create([await keyOf(1)], {
        parse: async () => {
          throw new Error("unknown format");
        },
      });
      const log = new EventLog();
      const options = { store, defaultSessionData: { visits: 0 }, onEvent: log.onEvent };
      const visits = app(options, { "/visit": countVisit });
      const browser = new Browser(visits);
      browser.setCookie("session", await seal(store, TEXT));
      expect((await browser.get("/visit")).status).to.equal(500);
      expectUsageError(visits.errors[0], "parse");
      expect(log.events).to.deep.equal([]);
    }
    await new Promise(setImmediate);
    process.off("unhandledRejection", onUnhandled);
    expect(unhandled).to.deep.equal([]);
  });
});

function countVisit(ctx: RequestContext): number {
  return ++ctx.session.data["visits"];
}
