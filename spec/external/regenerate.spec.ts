import { expect } from "chai";
import type { Session } from "../../lib/index.js";
import { app } from "../support/app.js";
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
    store = new MapStore();
    notes = new Notes(store, { idleTimeout: 1000, renewAfter: 100 });
    browser = await notes.visitor({ a: "1" });
    oldId = browser.cookie("session")!;
    store.clearCalls();
  });
  afterEach(() => clock.restore());

  /** Sends a request from a second window of the same browser, which still holds the old ID. */
  function visitInSecondWindow(path: string): Promise<Response> {
    return new Browser(notes.app).get(path, { cookie: `session=${oldId}` });
  }

  /** Sends a request with the old ID that this handler answers. */
  function visitWith(handler: (session: Session) => unknown): Promise<Response> {
    const options = { store, defaultSessionData: {}, onEvent: notes.log.onEvent };
    const site = app(
      { ...options, idleTimeout: 1000, renewAfter: 100 },
      { "/": ({ session }) => handler(session) },
    );
    return new Browser(site, { jar: browser.jar }).get("/");
  }

  const codeOf = (failure: unknown) => (failure as { code?: string }).code;

  it("moves the data to a new ID and ends the old ID before the response", async () => {
    const response = await browser.get("/regenerate?user=alice");
    const newId = browser.cookie("session")!;
    expect(setCookies(response).map(({ value }) => value)).to.deep.equal([newId]);
    expect(newId).to.not.equal(oldId);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(newId)).to.deep.equal({ a: "1", user: "alice" });
    expect(store.sessions).to.have.length(1);
    expect(store.tombstones).to.have.length(1);
    expect(notes.log.types).to.deep.equal(["regenerated", "saved", "gone"]);
  });

  it("has moved the stored data when it resolves, and leaves unsaved changes to the response", async () => {
    await visitWith(async (session) => {
      session.data.b = "before";
      await session.regenerate();
      expect(store.record).to.match(/\{"a":"1"\}$/);
      expect(store.tombstones).to.have.length(1);
      expect(notes.log.types).to.deep.equal(["regenerated"]);
      expect(session.data).to.deep.equal({ a: "1", b: "before" });
    });
    expect(notes.log.types).to.deep.equal(["regenerated", "saved"]);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1", b: "before" });
  });

  it("starts the idle timeout and the absolute timeout anew", async () => {
    clock.pass(90);
    const response = await browser.get("/regenerate");
    expect(store.record).to.equal(`1.${clock.now}.${clock.now + 1000}.{"a":"1"}`);
    expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "1000" });
  });

  it("creates the new record before it replaces the old one with a tombstone", async () => {
    await browser.get("/regenerate");
    expect(store.calls).to.deep.equal(["read", "create", "update"]);
    const [[oldKey], [newKey]] = [store.hooks.update.args[0]!, store.hooks.create.args[0]!];
    expect([...store.records.keys()]).to.deep.equal([oldKey, newKey]);
    expect(store.hooks.update.args[0]![1].text).to.match(/^1\.\d+\.0\./);
  });

  it("takes effect when the handler throws, but without the changes of the handler", async () => {
    notes.meanwhile = () => {
      throw new Error("after regenerate()");
    };
    const response = await browser.get("/regenerate?user=alice");
    expect(response.status).to.equal(500);
    expect(await notes.behind(oldId)).to.deep.equal({});
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
  });

  describe("includes a concurrent write", () => {
    for (const hook of ["create", "update"] as const) {
      it(`that arrives before it calls ${hook}()`, async () => {
        store.before(hook, () => visitInSecondWindow("/set?b=2"));
        await browser.get("/regenerate?user=alice");
        expect(notes.log.types).to.deep.equal(["saved", "regenerated", "saved"]);
        const data = { a: "1", b: "2", user: "alice" };
        expect(await notes.behind(browser.cookie("session")!)).to.deep.equal(data);
        expect(await notes.behind(oldId)).to.deep.equal({});
        expect(store.sessions).to.have.length(1);
      });
    }

    it("and shows it in the data when it resolves", async () => {
      store.before("update", () => visitInSecondWindow("/set?b=2"));
      const response = await visitWith(async (session) => {
        const { data } = session;
        await session.regenerate();
        return [data, session.data === data];
      });
      expect(await response.json()).to.deep.equal([{ a: "1", b: "2" }, true]);
    });
  });

  it("does not include a concurrent write that arrives after the tombstone", async () => {
    let late: Response | undefined;
    notes.meanwhile = async () => (late = await visitInSecondWindow("/set?b=2"));
    await browser.get("/regenerate");
    expect(late?.status).to.equal(200);
    expect(setCookies(late!)).to.deep.equal([]);
    expect(notes.log.types).to.deep.equal(["regenerated", "gone"]);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
    expect(store.sessions).to.have.length(1);
  });

  // On top of another request's data, they could be a mixture that nobody has written.
  describe("with unsaved changes", () => {
    const unsaved: Record<string, (session: Session) => void> = {
      data: (session) => void (session.data.user = "loser"),
      "the lifetime": (session) => void (session.lifetime = 500),
    };
    for (const [what, change] of Object.entries(unsaved)) {
      for (const hook of ["create", "update"] as const) {
        it(`of ${what} rejects and moves nothing when a write arrives before it calls ${hook}()`, async () => {
          store.before(hook, () => visitInSecondWindow("/set?b=2"));
          const response = await visitWith(async (session) => {
            change(session);
            await session.regenerate();
          });
          expect(response.status).to.equal(500);
          expect(setCookies(response)).to.deep.equal([]);
          expect(notes.log.events).to.deep.equal([
            { type: "saved" },
            { type: "store-failed", code: "ERR_SESSION_CONFLICT" },
          ]);
          expect(store.tombstones).to.deep.equal([]);
          expect(store.record).to.match(/\.\{"a":"1","b":"2"\}$/);
        });
      }
    }

    // Otherwise a response such as 409 would save a part of a log-in that has failed.
    for (const [failure, fail] of Object.entries({
      "another request has changed the session": () => visitInSecondWindow("/set?b=2"),
      "the backend fails": () => {
        throw new Error("connection refused");
      },
    })) {
      it(`drops them if ${failure}, also for a handler that catches the error`, async () => {
        store.before("update", fail);
        const response = await visitWith(async (session) => {
          session.data.user = "loser";
          session.lifetime = 500;
          await session.regenerate().catch(() => {});
          return [session.data, session.lifetime ?? "default"];
        });
        expect(await response.json()).to.deep.equal([{ a: "1" }, "default"]);
        expect(setCookies(response)).to.deep.equal([]);
        expect(store.sessions.join()).to.not.contain("loser").and.not.contain("@");
        expect(await notes.behind(oldId)).to.include({ a: "1" });
      });
    }

    it("moves the session when another request has only renewed it", async () => {
      clock.pass(100);
      store.before("update", () => visitInSecondWindow("/"));
      await browser.get("/set-and-regenerate?user=alice");
      expect(notes.log.types).to.deep.equal(["renewed", "regenerated", "saved"]);
      const data = { a: "1", user: "alice" };
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal(data);
      expect(await notes.behind(oldId)).to.deep.equal({});
    });

    it("that the handler made while it ran rejects, drops them, and still sends the new ID", async () => {
      let change: () => void;
      store.before("update", () => visitInSecondWindow("/set?b=2"));
      store.before("update", () => {}); // by the second window
      store.before("update", () => {}); // the new record
      store.before("update", () => change());
      let failure: unknown;
      const response = await visitWith(async (session) => {
        change = () => void (session.data.user = "loser");
        failure = await session.regenerate().catch((error: unknown) => error);
        return session.data;
      });
      expect(codeOf(failure)).to.equal("ERR_SESSION_CONFLICT");
      expect(await response.json()).to.deep.equal({ a: "1", b: "2" });
      expect(browser.cookie("session")).to.not.equal(oldId);
      const data = { a: "1", b: "2" };
      expect(await notes.behind(browser.cookie("session")!)).to.deep.equal(data);
      expect(await notes.behind(oldId)).to.deep.equal({});
    });
  });

  for (const hook of ["create", "update"] as const) {
    describe(`when another request has destroyed the session before it calls ${hook}()`, () => {
      for (const path of ["/regenerate?user=loser", "/set-and-regenerate?user=loser"]) {
        it(`rejects, sets no cookie and leaves no record: ${path}`, async () => {
          store.before(hook, () => browser.get("/destroy"));
          const response = await visitInSecondWindow(path);
          expect(response.status).to.equal(500);
          expect(codeOf(notes.app.errors[0])).to.equal("ERR_SESSION_CONFLICT");
          expect(setCookies(response)).to.deep.equal([]);
          expect(notes.log.types).to.deep.equal(["destroyed", "gone"]);
          expect(await notes.behind(oldId)).to.deep.equal({});
          expect(store.sessions).to.deep.equal([]);
        });
      }
    });

    describe(`when another request has moved the session before it calls ${hook}()`, () => {
      beforeEach(() => store.before(hook, () => browser.get("/regenerate")));

      for (const path of ["/regenerate", "/set-and-regenerate?user=loser"]) {
        it(`resolves, drops unsaved changes, and sets no cookie: ${path}`, async () => {
          const response = await visitInSecondWindow(path);
          expect(response.status).to.equal(200);
          expect(setCookies(response)).to.deep.equal([]);
          expect(notes.log.types).to.deep.equal(["regenerated", "gone"]);
          expect(await notes.behind(oldId)).to.deep.equal({});
          expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
          expect(store.sessions).to.have.length(1);
        });
      }

      it("leaves a fresh session, whose changes begin a session of their own", async () => {
        const response = await visitInSecondWindow("/regenerate?user=second");
        expect(response.status).to.equal(200);
        expect(notes.log.types).to.deep.equal(["regenerated", "gone", "saved"]);
        const [cookie] = setCookies(response);
        expect(await notes.behind(cookie!.value)).to.deep.equal({ user: "second" });
        expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1" });
        expect(store.sessions).to.have.length(2);
      });
    });

    it(`rejects and leaves no data in the backend when the session expires before it calls ${hook}()`, async () => {
      store.before(hook, () => clock.pass(1000));
      const response = await browser.get("/regenerate");
      expect(response.status).to.equal(500);
      expect(codeOf(notes.app.errors[0])).to.equal("ERR_SESSION_CONFLICT");
      expect(setCookies(response)).to.deep.equal([]);
      expect(notes.log.types).to.deep.equal(["gone"]);
      expect(store.calls).to.deep.equal(["read", "create", "update", "remove"]);
      expect(store.sessions).to.deep.equal([]);
    });
  }

  it("rejects and writes nothing when the session has expired before", async () => {
    const response = await visitWith((session) => {
      void session.data;
      clock.pass(1000);
      return session.regenerate();
    });
    expect(response.status).to.equal(500);
    expect(notes.log.types).to.deep.equal(["gone"]);
    expect(store.calls).to.deep.equal(["read", "read"]);
  });

  it("is an ordinary save if the session is fresh", async () => {
    const newVisitor = new Browser(notes.app);
    await newVisitor.get("/regenerate?a=2");
    expect(store.calls).to.deep.equal(["create"]);
    expect(notes.log.types).to.deep.equal(["saved"]);
  });

  /*
   * The process or its connection can die at any moment. Each backend call fails once before it
   * takes effect, and once after it took effect, when only the reply is lost. Afterwards the ID
   * that the client holds must lead to the whole session or to no session.
   */
  describe("when the backend fails", () => {
    const faults: Record<string, (call: () => unknown) => unknown> = {
      "before it takes effect": () => {
        throw new Error("connection refused");
      },
      "after it took effect": (call) => {
        call();
        throw new Error("connection reset");
      },
    };
    /** The calls after the load, and what another request does before the first tombstone. */
    const flows: Record<string, Hook[]> = {
      // The tombstone meets a conflict. The new record, the tombstone and the change follow.
      "/set?b=2": ["create", "update", "read", "update", "update", "update"],
      "/destroy": ["create", "update", "read", "remove"],
      "/regenerate": ["create", "update", "read", "remove"],
    };

    for (const [path, calls] of Object.entries(flows)) {
      for (const [how, fail] of Object.entries(faults)) {
        for (const [index, hook] of calls.entries()) {
          const call = `${hook}(), its call ${index + 1} of ${calls.length} after ${path} in another window`;
          it(`in ${call}, ${how}: leaves the whole session or none`, async () => {
            const seen: Hook[] = [];
            let isSecondWindow = false;
            let winner: string | undefined;
            store.interfereAlways(async (called, perform) => {
              if (isSecondWindow) return perform();
              seen.push(called);
              if (seen.length === 3) {
                isSecondWindow = true;
                const [cookie] = setCookies(await visitInSecondWindow(path));
                winner = cookie?.value;
                isSecondWindow = false;
              }
              return seen.length === index + 2 ? fail(perform) : perform();
            });
            const response = await browser.get("/regenerate?c=3");
            store.interfereAlways();

            expect(seen[index + 1], "the call that failed").to.equal(hook);
            expect(response.status).to.equal(500);
            expect(codeOf(notes.app.errors[0])).to.equal("ERR_SESSION_STORE");
            const isMovedByOther = path === "/regenerate" && index > 0;
            const isEnded = path === "/destroy" && index > 0;
            const isMoved = path === "/set?b=2" && (index > 4 || (index === 4 && isLost(how)));
            const hasOther = path === "/set?b=2" && index > 0 ? { b: "2" } : {};
            const whole = { a: "1", ...hasOther };
            const isOldDead = isMoved || isEnded || isMovedByOther;
            expect(await notes.behind(oldId)).to.deep.equal(isOldDead ? {} : whole);
            if (isMovedByOther) expect(await notes.behind(winner!)).to.deep.equal({ a: "1" });

            const held = browser.cookie("session")!;
            if (index === 5) {
              // Only the save of the handler's change has failed.
              expect(held).to.not.equal(oldId);
              const isSaved = isLost(how) ? { c: "3" } : {};
              expect(await notes.behind(held)).to.deep.equal({ ...whole, ...isSaved });
            } else {
              expect(setCookies(response)).to.deep.equal([]);
              expect(held).to.equal(oldId);
            }
          });
        }
      }
    }

    /** Whether only the reply of the call was lost. */
    const isLost = (how: string) => how === "after it took effect";

    it("in update(), after it took effect: keeps the new record, which is the only copy of the data", async () => {
      store.interfere("update", (call) => {
        call();
        throw new Error("connection reset");
      });
      expect((await browser.get("/regenerate")).status).to.equal(500);
      expect(store.calls).to.deep.equal(["read", "create", "update"]);
      expect(store.record).to.contain('{"a":"1"}');
    });

    it("in update(), which took effect but returned no boolean: keeps the new record, too", async () => {
      store.interfere("update", (call) => Number(call()));
      expect((await browser.get("/regenerate")).status).to.equal(500);
      expect(notes.app.errors[0]).to.have.property("code", "ERR_SESSION_USAGE");
      expect(store.record).to.contain('{"a":"1"}');
    });
  });

  it("sends the new ID even if the handler sets data that cannot be stored while it is running", async () => {
    store.before("create", () => visitInSecondWindow("/set?b=2"));
    const response = await visitWith(async (session) => {
      void session.data;
      store.before("update", () => {}); // by the other window
      store.before("update", () => {}); // meets a conflict
      store.before("update", () => void (session.data.c = 1n));
      await session.regenerate();
    });
    expect(response.status).to.equal(500);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1", b: "2" });
    expect(browser.cookie("session")).to.not.equal(oldId);
  });

  it("writes the new record again if the backend has lost it before the old one is a tombstone", async () => {
    store.before("update", async () => {
      await visitInSecondWindow("/set?b=2");
      for (const [key, text] of store.records) {
        if (!text.includes('"b"')) store.records.delete(key);
      }
    });
    expect((await browser.get("/regenerate")).status).to.equal(200);
    expect(await notes.behind(browser.cookie("session")!)).to.deep.equal({ a: "1", b: "2" });
  });
});
