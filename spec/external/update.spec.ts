import { expect } from "chai";
import sinon from "sinon";
import type { Session, SessionData } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { MapStore } from "../support/map-store.js";
import { PATIENT } from "../support/patient.js";

describe("update() on an external store", () => {
  let clock: Clock;
  let store: MapStore;
  let log: EventLog;
  let handler: App;
  let browser: Browser;
  /** What the handler of `/act` does in the next request. */
  let act: (session: Session) => unknown;

  beforeEach(async () => {
    clock = new Clock();
    store = new MapStore({ timeout: PATIENT });
    log = new EventLog();
    handler = app(
      { store, defaultSessionData: {}, onEvent: log.onEvent },
      {
        "/act": ({ session }) => act(session),
        "/set": ({ session, url }) => {
          Object.assign(session.data, Object.fromEntries(url.searchParams));
        },
        "/destroy": ({ session }) => session.destroy(),
        "/regenerate": ({ session }) => session.regenerate(),
      },
    );
    browser = new Browser(handler);
    await browser.get("/set?a=1&token=once");
    log.clear();
    store.clearCalls();
  });
  afterEach(() => clock.restore());

  /** The data in the backend. */
  function stored(): SessionData {
    return JSON.parse(store.record.split(".").slice(3).join("."));
  }

  const addB = (data: SessionData): void => void (data.b = 2);

  it("has committed its change when it resolves", async () => {
    act = async (session) => {
      await session.update(addB);
      expect(stored()).to.deep.equal({ a: "1", token: "once", b: 2 });
      expect(session.data).to.deep.equal({ a: "1", token: "once", b: 2 });
    };
    await browser.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(store.calls).to.deep.equal(["read", "update"]);
    expect(log.types).to.deep.equal(["saved"]);
  });

  it("leaves a lifetime pending that the handler has set before", async () => {
    act = async (session) => {
      session.lifetime = 1000;
      await session.update(addB);
      expect(session.lifetime).to.equal(1000);
      expect(stored()).to.deep.equal({ a: "1", token: "once", b: 2 });
    };
    const [cookie] = (await browser.get("/act")).headers.getSetCookie();
    expect(handler.errors).to.deep.equal([]);
    expect(cookie).to.include("; Max-Age=1000;");
    expect(store.record).to.match(/@1000 /);
  });

  it("stays committed when the handler throws later, while all other changes are dropped", async () => {
    act = async (session) => {
      session.data.a = "pending";
      await session.update((data) => void delete data.token);
      session.data.c = "pending, too";
      throw new Error("after the update");
    };
    expect((await browser.get("/act")).status).to.equal(500);
    expect(stored()).to.deep.equal({ a: "1" });
  });

  it("commits only its own change and leaves other changes pending until the response", async () => {
    act = async (session) => {
      session.data.a = "pending";
      delete session.data.token;
      await session.update(addB);
      expect(stored()).to.deep.equal({ a: "1", token: "once", b: 2 });
      expect(session.data).to.deep.equal({ a: "pending", b: 2 });
    };
    await browser.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(stored()).to.deep.equal({ a: "pending", b: 2 });
    expect(log.types).to.deep.equal(["saved", "saved"]);
  });

  it("sees pending changes and commits a pending key that it changes", async () => {
    act = async (session) => {
      session.data.n = 10;
      await session.update((data) => data.n++);
      expect(stored().n).to.equal(11);
      throw new Error("after the update");
    };
    await browser.get("/act");
    expect(stored().n).to.equal(11);
  });

  it("changes the data object that the handler already holds", async () => {
    act = async (session) => {
      const { data } = session;
      await session.update(addB);
      expect(data).to.equal(session.data);
      data.later = true;
    };
    await browser.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(stored()).to.deep.equal({ a: "1", token: "once", b: 2, later: true });
  });

  it("keeps changes that the handler makes while it is running", async () => {
    act = async (session) => {
      const updated = session.update(addB);
      session.data.meanwhile = true;
      await updated;
      expect(stored()).to.not.have.property("meanwhile");
      expect(session.data).to.include({ b: 2, meanwhile: true });
    };
    store.before("update", () => Promise.resolve());
    await browser.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(stored()).to.include({ b: 2, meanwhile: true });
  });

  it("keeps a change that the handler makes after any number of microtasks", async () => {
    for (let steps = 0; steps < 20; steps++) {
      act = async (session) => {
        const updated = session.update(addB);
        for (let step = 0; step < steps; step++) await Promise.resolve();
        session.data.meanwhile = steps;
        await updated;
      };
      await browser.get("/act");
      expect(stored()).to.include({ b: 2, meanwhile: steps });
    }
  });

  it("delays the response until it completes, even if the handler does not await it", async () => {
    let session: Session | undefined;
    store.before("update", async () => {
      // The handler has returned, and its response waits for this update.
      await new Promise(setImmediate);
      store.before("update", () => new Promise(setImmediate));
      void session!.update((data) => void (data.c = 3));
    });
    act = (current) => {
      session = current;
      void current.update(addB);
    };
    await browser.get("/act");
    expect(stored()).to.include({ b: 2, c: 3 });
    act = (current) => {
      void current.update(addB);
      void current.destroy();
    };
    await browser.get("/act");
    expect(browser.cookie("session")).to.equal(undefined);
    expect(log.types).to.deep.equal(["saved", "saved", "destroyed"]);
  });

  it("takes over the key order of a newer record, so that the response has nothing to save", async () => {
    act = ({ data }) => void (data.o = { x: 1, y: 2 });
    await browser.get("/act");
    store.before("update", async () => {
      act = ({ data }) => void (data.o = { y: 2, x: 1 });
      await browser.get("/act");
      store.clearCalls();
    });
    act = (current) => current.update(addB);
    await browser.get("/act");
    expect(store.calls).to.deep.equal(["read", "update"]);
    expect(JSON.stringify(stored().o)).to.equal('{"y":2,"x":1}');
  });

  it("runs its function again on the newer data after a conflict", async () => {
    const seen: unknown[] = [];
    store.before("update", () => browser.get("/set?a=other"));
    act = (session) =>
      session.update((data) => {
        seen.push(data.a);
        data.last = data.a;
      });
    await browser.get("/act");
    expect(seen).to.deep.equal(["1", "other"]);
    expect(stored()).to.deep.equal({ a: "other", token: "once", last: "other" });
    expect(log.types).to.deep.equal(["saved", "saved", "merged"]);
  });

  it("lets exactly one of many concurrent requests take a one-time token", async () => {
    let taken = 0;
    act = async (session) => {
      let isMine = false;
      await session.update((data) => {
        isMine = data.token === "once";
        delete data.token;
      });
      if (isMine) taken++;
    };
    store.interfereAlways(async (_hook, call) => {
      await Promise.resolve();
      return call();
    });
    await Promise.all(Array.from({ length: 20 }, () => browser.get("/act")));
    expect(handler.errors).to.deep.equal([]);
    expect(taken).to.equal(1);
  });

  it("loses none of many concurrent increments", async () => {
    act = (session) => session.update((data) => (data.n = (data.n ?? 0) + 1) && undefined);
    store.interfereAlways(async (_hook, call) => {
      await Promise.resolve();
      return call();
    });
    await Promise.all(Array.from({ length: 30 }, () => browser.get("/act")));
    expect(handler.errors).to.deep.equal([]);
    expect(stored().n).to.equal(30);
  });

  it("applies several updates of one request in order, awaited or not", async () => {
    act = async (session) => {
      const first = session.update((data) => void (data.order = "1"));
      const second = session.update((data) => void (data.order += "2"));
      await second;
      await first;
      void session.update((data) => void (data.order += "3"));
    };
    await browser.get("/act");
    expect(stored().order).to.equal("123");
  });

  it("reads the record again before it accepts that its function changes nothing", async () => {
    store.before("read", () => {}); // the load
    store.before("read", () => browser.get("/set?token=new"));
    const seen: unknown[] = [];
    act = (session) => session.update((data) => void seen.push(data.token));
    await browser.get("/act");
    expect(seen).to.deep.equal(["once", "new"]);
  });

  it("rejects with the error of its function and commits nothing", async () => {
    const error = new Error("out of stock");
    act = (session) =>
      session.update((data) => {
        data.a = "half";
        throw error;
      });
    expect((await browser.get("/act")).status).to.equal(500);
    expect(handler.errors).to.deep.equal([error]);
    expect(store.calls).to.deep.equal(["read"]);
  });

  it("discards the changes of a function that threw, even if the handler catches the error", async () => {
    act = async (session) => {
      await session
        .update((data) => {
          data.a = "half";
          throw new Error("out of stock");
        })
        .catch(() => {});
    };
    await browser.get("/act");
    expect(stored()).to.deep.equal({ a: "1", token: "once" });
  });

  it("rejects an async function with a TypeError and without an unhandled rejection", async () => {
    const unhandled = sinon.spy();
    process.on("unhandledRejection", unhandled);
    try {
      act = (session) =>
        session.update((async (data: SessionData) => {
          data.a = "half";
          throw new Error("The promise is not awaited.");
        }) as never);
      expect((await browser.get("/act")).status).to.equal(500);
      await new Promise((resolve) => setImmediate(resolve));
      expect(handler.errors[0]).to.be.instanceOf(TypeError);
      expect(store.calls).to.deep.equal(["read"]);
      expect(unhandled.callCount).to.equal(0);
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });

  for (const [what, change] of Object.entries({
    "a number": (data: SessionData): unknown => data.a++,
    "a boolean": (data: SessionData) => delete data.b,
    null: (data: SessionData): unknown => (data.a = null),
    "the data": (data: SessionData) => Object.assign(data, { c: 1 }),
    "an object that it has assigned": (data: SessionData) => (data.a = { b: 1 }),
    "an array that it has assigned": (data: SessionData) => (data.a = [1]),
    "an array, and changes nothing": () => [],
  })) {
    it(`accepts a function that returns ${what}`, async () => {
      act = (session) => session.update(change as never);
      expect((await browser.get("/act")).status).to.equal(200);
    });
  }

  for (const [what, change] of Object.entries({
    "a changed copy": (data: SessionData) => ({ ...data, a: "changed" }),
    "an empty object": () => ({}),
  })) {
    it(`rejects a function that returns ${what}, and says that it must change its argument`, async () => {
      act = (session) => session.update(change);
      expect((await browser.get("/act")).status).to.equal(500);
      expect(handler.errors[0]).to.be.instanceOf(TypeError);
      expect(String(handler.errors[0])).to.include("must change its argument");
      expect(store.calls).to.deep.equal(["read"]);
    });
  }

  for (const [how, end] of Object.entries({
    "was destroyed": () => browser.get("/destroy"),
    "has moved to a new ID": () => browser.get("/regenerate"),
    "has expired": () => clock.pass(86_400),
    "was evicted": () => store.records.clear(),
  })) {
    it(`rejects when the session ${how} meanwhile, and creates nothing`, async () => {
      store.before("update", end);
      const codes: unknown[] = [];
      act = async (session) => {
        await session.update(addB).catch((error) => codes.push(error.code));
      };
      const id = browser.cookie("session");
      await browser.get("/act");
      expect(codes).to.deep.equal(["ERR_SESSION_CONFLICT"]);
      expect(log.types).to.include("gone");
      act = (session) => session.data;
      const answer = await browser.get("/act", { cookie: `session=${id}` });
      expect(await answer.json()).to.deep.equal({});
    });
  }

  it("does not restore a session that the same request destroys", async () => {
    act = async (session) => {
      void session.update(addB);
      await session.destroy();
    };
    store.before("update", () => Promise.resolve());
    await browser.get("/act");
    expect(store.sessions).to.deep.equal([]);
    expect(log.types).to.deep.equal(["saved", "destroyed"]);
  });

  it("changes the session under its new ID, after a regenerate() of the same request", async () => {
    const oldId = browser.cookie("session");
    act = async (session) => {
      void session.regenerate();
      await session.update(addB);
    };
    await browser.get("/act");
    expect(store.calls).to.deep.equal(["read", "create", "update", "update"]);
    expect(stored()).to.deep.equal({ a: "1", token: "once", b: 2 });
    act = (session) => session.data;
    expect(await (await browser.get("/act")).json()).to.deep.equal(stored());
    expect(browser.cookie("session")).to.not.equal(oldId);
    expect(log.types).to.deep.equal(["regenerated", "saved"]);
  });

  it("rejects when every attempt has met a conflict for the timeout of the store", async () => {
    store = new MapStore({ timeout: 1 });
    log.clear();
    const site = app(
      { store, defaultSessionData: {}, onEvent: log.onEvent },
      {
        "/set": ({ session }) => void (session.data.a = "1"),
        "/act": ({ session }) => session.update(change),
      },
    );
    const change = sinon.spy(addB);
    const visitor = new Browser(site);
    await visitor.get("/set");
    log.clear();
    store.interfereAlways((hook, call) => (hook === "update" ? false : call()));
    const begin = performance.now();
    expect((await visitor.get("/act")).status).to.equal(500);
    expect(performance.now() - begin).to.be.above(1000);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_CONFLICT");
    expect(change.callCount).to.be.above(3);
    expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_CONFLICT" }]);
    expect(stored()).to.deep.equal({ a: "1" });
  });

  it("does not serialize the data once per key", async () => {
    act = (session) => {
      for (let i = 0; i < 5000; i++) session.data[`key ${i}`] = {};
    };
    await browser.get("/act");
    const stringified = sinon.spy(JSON, "stringify");
    try {
      act = (session) => session.update(addB);
      await browser.get("/act");
      expect(stringified.callCount).to.be.below(20);
    } finally {
      stringified.restore();
    }
    expect(stored()).to.include({ b: 2 });
  });

  it("rejects a record over maxBytes before the write and leaves the session unchanged", async () => {
    act = async (session) => {
      const error = await session
        .update((data) => void (data.a = "x".repeat(65_536)))
        .catch((reason) => reason);
      expect(error).to.have.property("code", "ERR_SESSION_RECORD_TOO_LARGE");
    };
    await browser.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(store.calls).to.deep.equal(["read"]);
    expect(stored()).to.deep.equal({ a: "1", token: "once" });
  });

  it("saves a fresh session only with the response", async () => {
    const newVisitor = new Browser(handler);
    act = async (session) => {
      await session.update(addB);
      expect(store.calls).to.deep.equal([]);
      expect(session.data).to.deep.equal({ b: 2 });
    };
    await newVisitor.get("/act");
    expect(handler.errors).to.deep.equal([]);
    expect(store.calls).to.deep.equal(["create"]);
  });
});
