import { expect } from "chai";
import sinon from "sinon";
import { SessionError } from "../../lib/index.js";
import type { Browser } from "../support/browser.js";
import { errorOfOtherBuild } from "../support/error-of-other-build.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { MapStore, type Hook } from "../support/map-store.js";
import { Notes } from "../support/notes.js";
import { setCookies } from "../support/set-cookie.js";

describe("When the backend of an external store", () => {
  /** The path of a request that calls the hook. */
  const paths: Record<Hook, string> = {
    read: "/set?a=2",
    create: "/set?a=2",
    update: "/set?a=2",
    remove: "/regenerate",
  };
  const hooks = Object.keys(paths) as Hook[];
  const fault = new Error("connect ECONNREFUSED 127.0.0.1:6379");

  const TIMEOUT_SECONDS = 3;

  let timers: sinon.SinonFakeTimers;
  let store: MapStore;
  let notes: Notes;
  let browser: Browser;
  let unhandled: unknown[];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);

  beforeEach(async () => {
    timers = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    store = new MapStore({ timeout: TIMEOUT_SECONDS });
    notes = new Notes(store);
    browser = await notes.visitor({ a: "1" });
    unhandled = [];
    process.on("unhandledRejection", onUnhandled);
  });

  afterEach(async () => {
    timers.restore();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", onUnhandled);
    expect(unhandled).to.deep.equal([]);
  });

  /** Sends the request that calls the hook. */
  function visit(hook: Hook): Promise<Response> {
    if (hook === "create") browser.forgetCookies();
    // regenerate() removes the record that it has created, because the session is gone.
    if (hook === "remove") store.before("update", () => store.records.clear());
    return browser.get(paths[hook]);
  }

  /** Waits until the request is over. Meanwhile, the clock of the timers runs. */
  async function over(request: Promise<Response>): Promise<Response> {
    const ends: number[] = [];
    void request.then(() => ends.push(timers.now));
    while (ends.length === 0) await timers.tickAsync(1);
    return request;
  }

  /** Makes the next call of the hook return `answer`. Resolves when the hook is called. */
  function hold(hook: Hook, answer: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      store.interfere(hook, () => {
        resolve();
        return answer;
      });
    });
  }

  /** Checks that the request failed and the client keeps its cookie. Returns the cause. */
  function expectFailed(response: Response): Error {
    expect(response.status).to.equal(500);
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
    const [error] = notes.app.errors as SessionError[];
    expect(error).to.be.instanceOf(SessionError);
    expect(error!.code).to.equal("ERR_SESSION_STORE");
    return error!.cause as Error;
  }

  for (const hook of hooks) {
    it(`throws in ${hook}(), the request fails with that error as the cause`, async () => {
      store.interfere(hook, () => {
        throw fault;
      });
      expect(expectFailed(await over(visit(hook)))).to.equal(fault);
    });

    it(`rejects in ${hook}(), the request fails with that error as the cause`, async () => {
      store.interfere(hook, () => Promise.reject(fault));
      expect(expectFailed(await over(visit(hook)))).to.equal(fault);
      expect(timers.countTimers()).to.equal(0);
    });

    it(`returns a thenable that throws from ${hook}(), the request fails with that error as the cause`, async () => {
      store.interfere(hook, () => ({
        // oxlint-disable-next-line unicorn/no-thenable
        then() {
          throw fault;
        },
      }));
      expect(expectFailed(await over(visit(hook)))).to.equal(fault);
      expect(timers.countTimers()).to.equal(0);
    });

    it(`throws a SessionError of the other build in ${hook}(), the request fails with this error`, async () => {
      const failure = errorOfOtherBuild("ERR_SESSION_USAGE");
      store.interfere(hook, () => {
        throw failure;
      });
      expect((await over(visit(hook))).status).to.equal(500);
      expect(notes.app.errors).to.have.length(1);
      expect(notes.app.errors[0]).to.equal(failure);
    });

    it(`never answers ${hook}(), the request fails exactly at the timeout`, async () => {
      const called = hold(hook, new Promise(() => {}));
      let isOver = false;
      const response = visit(hook).finally(() => (isOver = true));
      await called;
      await timers.tickAsync(2999);
      expect(isOver).to.equal(false);
      await timers.tickAsync(1);
      expect(expectFailed(await over(response)).message).to.match(/within 3 s/);
      expect(timers.countTimers()).to.equal(0);
    });

    it(`rejects in ${hook}() after the timeout, the late error is ignored`, async () => {
      let fail: (error: Error) => void = () => {};
      const called = hold(hook, new Promise((_, reject) => (fail = reject)));
      const response = visit(hook);
      await called;
      await timers.tickAsync(3000);
      await over(response);
      fail(fault);
      await timers.tickAsync(0);
      expect(notes.app.errors).to.have.length(1);
      expect(notes.log.types).to.deep.equal(["store-failed"]);
    });
  }

  // A missing binding typically causes a TypeError. For the request it is a failure of the store,
  // like any other error.
  for (const path of ["/", "/set?a=2", "/count", "/regenerate", "/destroy"]) {
    it(`rejects with a TypeError, a request to ${path} fails with that error as the cause`, async () => {
      const mistake = new TypeError("Cannot read properties of undefined");
      store.interfereAlways((hook, call) => {
        return hook === "read" && path !== "/" ? call() : Promise.reject(mistake);
      });
      expect(expectFailed(await over(browser.get(path)))).to.equal(mistake);
    });
  }

  it("sends a successful reply late, the late reply changes nothing", async () => {
    let answer: (text: null) => void = () => {};
    const called = hold("read", new Promise((resolve) => (answer = resolve)));
    const response = browser.get("/set?a=2");
    await called;
    await timers.tickAsync(3000);
    expectFailed(await response);
    answer(null);
    await timers.tickAsync(0);
    expect(store.record).to.contain('{"a":"1"}');
  });

  it("exceeds the default timeout of two seconds, the request fails", async () => {
    store = new MapStore();
    notes = new Notes(store);
    const called = hold("create", new Promise(() => {}));
    const response = notes.visitor();
    await called;
    await timers.tickAsync(1999);
    expect(notes.app.errors).to.deep.equal([]);
    await timers.tickAsync(1);
    await response;
    expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
  });

  it("answers in time, no timer is left running", async () => {
    store.interfereAlways(async (_hook, call) => call());
    await browser.get("/set?a=2");
    await browser.get("/regenerate");
    await browser.get("/count");
    await browser.get("/destroy");
    expect(timers.countTimers()).to.equal(0);
  });

  it("is down, requests that do not read the session succeed", async () => {
    store.interfereAlways(() => Promise.reject(fault));
    const response = await browser.get("/nothing");
    expect(response.status).to.equal(200);
    expect(setCookies(response)).to.deep.equal([]);
    expect(notes.app.errors).to.deep.equal([]);
  });

  it("recovers, the session is available again", async () => {
    store.interfereAlways(() => Promise.reject(fault));
    for (const path of ["/", "/set?a=2", "/destroy", "/regenerate", "/count"]) {
      expect((await over(browser.get(path))).status, path).to.equal(500);
    }
    store.interfereAlways();
    expect(await (await browser.get("/")).json()).to.deep.equal({ a: "1" });
  });

  it("fails, the error contains neither the ID nor the key nor the data", async () => {
    store.interfere("update", () => {
      throw fault;
    });
    await browser.get("/set?a=secret");
    const [error] = notes.app.errors as Error[];
    const text = `${error!.stack} ${JSON.stringify(error)} ${String(error!.cause)}`;
    expect(text).to.not.contain("secret");
    expect(text).to.not.contain(browser.cookie("session"));
    expect(text).to.not.contain(store.keys[0]);
  });

  for (const [what, answer] of Object.entries({
    "a buffer": Buffer.from('1.1.1.{"a":"1"}'),
    "a parsed record": { a: "1" },
    "a number": 7,
  })) {
    it(`returns ${what} from read(), the request fails with ERR_SESSION_USAGE`, async () => {
      store.interfere("read", () => answer);
      expect((await browser.get("/")).status).to.equal(500);
      expectUsageError(notes.app.errors[0], "read() must return the text");
      expect(notes.log.events).to.deep.equal([]);
    });
  }

  for (const invalid of [undefined, null, 1, "OK"]) {
    for (const faulty of ["create", "update"] as const) {
      it(`returns ${invalid} from ${faulty}(), the request fails with ERR_SESSION_USAGE and without a retry`, async () => {
        store.interfereAlways((hook, call) => {
          const answer = call();
          return hook === faulty ? invalid : answer;
        });
        store.clearCalls();
        expect((await over(visit(faulty))).status).to.equal(500);
        expectUsageError(notes.app.errors[0], `${faulty}() must return true`);
        expect(store.calls.filter((hook) => hook === faulty)).to.have.lengthOf(1);
        // This is a bug in the store, not a failure of the backend.
        expect(notes.log.events).to.deep.equal([]);
      });
    }

    it(`returns ${invalid} from update(), session.update() fails and is applied only once`, async () => {
      store.interfereAlways((hook, call) => {
        const answer = call();
        return hook === "update" ? invalid : answer;
      });
      store.clearCalls();
      expect((await over(browser.get("/count"))).status).to.equal(500);
      expectUsageError(notes.app.errors[0], "update() must return true");
      expect(store.calls).to.deep.equal(["read", "update"]);
      expect(notes.log.events).to.deep.equal([]);
    });
  }

  describe("reports a conflict every time, a request", () => {
    const requests = ["/set?a=2", "/count", "/regenerate", "/destroy"];

    beforeEach(() => {
      store.interfereAlways((hook, call) => (hook === "update" ? false : call()));
    });
    afterEach(() => sinon.restore());

    /** The number of attempts so far, each of which has begun with a read. */
    const attempts = () => store.calls.filter((hook) => hook === "read").length;

    for (const path of requests) {
      it(`to ${path} pauses before its fourth and each later attempt, each time longer, up to a quarter of a second`, async () => {
        sinon.stub(Math, "random").returns(0.5);
        store.clearCalls();
        const response = browser.get(path);
        await timers.tickAsync(0);
        for (const [index, pause] of [8, 16, 32, 64, 125, 125, 125].entries()) {
          expect(attempts()).to.equal(3 + index);
          await timers.tickAsync(pause - 1);
          expect(attempts()).to.equal(3 + index);
          await timers.tickAsync(1);
        }
        await timers.tickAsync(TIMEOUT_SECONDS * 1000);
        expect((await over(response)).status).to.equal(500);
      });

      it(`to ${path} fails at the timeout of the store, and changes nothing`, async () => {
        const before = store.record;
        const request = browser.get(path);
        let isOver = false;
        void request.finally(() => (isOver = true));
        await timers.tickAsync(TIMEOUT_SECONDS * 1000);
        expect(isOver).to.equal(false);
        await timers.tickAsync(251); // the longest pause
        const response = await over(request);
        expect(response.status).to.equal(500);
        expect(setCookies(response)).to.deep.equal([]);
        expect(notes.app.errors).to.have.length(1);
        expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_CONFLICT");
        expect(notes.log.events).to.deep.equal([
          { type: "store-failed", code: "ERR_SESSION_CONFLICT" },
        ]);
        expect([...store.records.values()]).to.deep.equal([before]);
        expect(timers.countTimers()).to.equal(0);
      });
    }

    it("pauses for random times, so that two processes do not collide again", async () => {
      const random = sinon.spy(Math, "random");
      const pauses = sinon.spy(globalThis, "setTimeout");
      const response = browser.get("/set?a=2");
      await timers.tickAsync(TIMEOUT_SECONDS * 1000 + 251);
      await response;
      const longest = [16, 32, 64, 128, 250];
      for (const [index, [, pause]] of pauses.args.entries()) {
        const share = random.returnValues[index]!;
        expect(pause).to.be.closeTo(share * (longest[index] ?? 250), 1e-9);
      }
      expect(pauses.callCount).to.be.above(longest.length).and.equal(random.callCount);
    });
  });
});
