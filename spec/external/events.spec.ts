import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import sinon from "sinon";
import { SessionError, type SessionOptions } from "../../lib/index.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import type { LoggedEvent } from "../support/event-log.js";
import { MapStore, type Hook } from "../support/map-store.js";
import { Notes } from "../support/notes.js";

interface Scenario {
  /** What the client does, and what happens concurrently. */
  act(world: { browser: Browser; store: MapStore; notes: Notes; clock: Clock }): Promise<unknown>;
  events: (LoggedEvent | LoggedEvent["type"])[];
}

const UNKNOWN = "A".repeat(43);

const scenarios: Record<string, Scenario> = {
  "a new visitor who only reads": {
    act: ({ notes }) => new Browser(notes.app).get("/"),
    events: [],
  },
  "a new visitor who starts a session": {
    act: ({ notes }) => new Browser(notes.app).get("/set?a=1"),
    events: ["saved"],
  },
  "a client that sends a malformed ID": {
    act: ({ browser }) => browser.get("/", { cookie: "session=admin" }),
    events: [{ type: "fresh", reason: "malformed" }],
  },
  "a client that sends an unknown ID": {
    act: ({ browser }) => browser.get("/", { cookie: `session=${UNKNOWN}` }),
    events: [{ type: "fresh", reason: "unknown" }],
  },
  "an expired session": {
    act({ browser, clock }) {
      const cookie = `session=${browser.cookie("session")}`;
      clock.pass(1000);
      return browser.get("/", { cookie });
    },
    events: [{ type: "fresh", reason: "expired" }],
  },
  "a broken record": {
    act({ browser, store }) {
      store.record = "broken";
      return browser.get("/");
    },
    events: [{ type: "fresh", reason: "invalid" }],
  },
  "a request that only reads": { act: ({ browser }) => browser.get("/"), events: [] },
  "a request that changes data": {
    act: ({ browser }) => browser.get("/set?a=2"),
    events: ["saved"],
  },
  "an update()": { act: ({ browser }) => browser.get("/count"), events: ["saved"] },
  "a renewal": {
    act({ browser, clock }) {
      clock.pass(100);
      return browser.get("/");
    },
    events: ["renewed"],
  },
  "a conflict that is resolved by a merge": {
    act({ browser, notes }) {
      notes.meanwhile = () => browser.get("/set?b=2");
      return browser.get("/set?a=2");
    },
    events: ["saved", "saved", "merged"],
  },
  "a conflict in an update()": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/set?b=2"));
      return browser.get("/count");
    },
    events: ["saved", "saved", "merged"],
  },
  "a regenerate()": { act: ({ browser }) => browser.get("/regenerate"), events: ["regenerated"] },
  "a regenerate() and a change": {
    act: ({ browser }) => browser.get("/regenerate?a=2"),
    events: ["regenerated", "saved"],
  },
  "a regenerate() that includes a concurrent change": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/set?b=2"));
      return browser.get("/regenerate");
    },
    events: ["saved", "regenerated"],
  },
  "a regenerate() with unsaved changes, after a concurrent change": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/set?b=2"));
      return browser.get("/set-and-regenerate?a=2");
    },
    events: ["saved", { type: "store-failed", code: "ERR_SESSION_CONFLICT" }],
  },
  "a regenerate() of a session that another request has moved": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/regenerate"));
      return browser.get("/regenerate");
    },
    events: ["regenerated", "gone"],
  },
  "a request with the old ID, nine seconds after a regenerate()": {
    act: ({ browser, clock }) => lateVisit(browser, clock, 9, "/set?a=2"),
    events: ["regenerated", "gone"],
  },
  "a request with the old ID, ten seconds after a regenerate()": {
    act: ({ browser, clock }) => lateVisit(browser, clock, 10, "/set?a=2"),
    events: ["regenerated", { type: "fresh", reason: "unknown" }, "saved"],
  },
  "a logout with the old ID, nine seconds after a regenerate()": {
    act: ({ browser, clock }) => lateVisit(browser, clock, 9, "/destroy"),
    events: ["regenerated", "gone", "destroyed"],
  },
  "a logout": { act: ({ browser }) => browser.get("/destroy"), events: ["destroyed"] },
  "a logout of a session that another request has moved": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/regenerate"));
      return browser.get("/destroy");
    },
    events: ["regenerated", "destroyed"],
  },
  "a logout of a session that another request has ended": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/destroy"));
      return browser.get("/destroy");
    },
    events: ["destroyed"],
  },
  "a change that arrives after a logout": {
    act({ browser, notes }) {
      notes.meanwhile = () => browser.get("/destroy");
      return browser.get("/set?a=2");
    },
    events: ["destroyed", "gone"],
  },
  "an update() that arrives after a logout": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/destroy"));
      return browser.get("/count");
    },
    events: ["destroyed", "gone"],
  },
  "a regenerate() that arrives after a logout": {
    act({ browser, store }) {
      store.before("update", () => browser.get("/destroy"));
      return browser.get("/regenerate");
    },
    events: ["destroyed", "gone"],
  },
  "a record that is too large": {
    act: ({ browser }) => browser.get(`/set?a=${"x".repeat(65_536)}`),
    events: [{ type: "store-failed", code: "ERR_SESSION_RECORD_TOO_LARGE" }],
  },
  ...Object.fromEntries(
    [
      ["read", "/set?a=2"],
      ["update", "/set?a=2"],
      ["update", "/count"],
      ["create", "/regenerate"],
      ["update", "/regenerate"],
      ["update", "/destroy"],
    ].map(([hook, path]) => [
      `a backend that fails in ${hook}(), and a request to ${path}`,
      {
        act({ browser, store }) {
          store.interfere(hook as Hook, () => Promise.reject(new Error("connection refused")));
          return browser.get(path!);
        },
        events: [{ type: "store-failed", code: "ERR_SESSION_STORE" }],
      } satisfies Scenario,
    ]),
  ),
};

/** Moves the session to a new ID, and sends another request with the old ID later. */
async function lateVisit(
  browser: Browser,
  clock: Clock,
  seconds: number,
  path: string,
): Promise<Response> {
  const cookie = `session=${browser.cookie("session")}`;
  await browser.get("/regenerate");
  clock.pass(seconds);
  return browser.get(path, { cookie });
}

describe("The events of an external store", () => {
  let clock: Clock;

  beforeEach(() => (clock = new Clock()));
  afterEach(() => clock.restore());

  async function worldOf(options: Partial<SessionOptions> = {}) {
    const store = new MapStore();
    const notes = new Notes(store, { idleTimeout: 1000, renewAfter: 100, ...options });
    return { browser: await notes.visitor({ a: "secret" }), store, notes, clock };
  }

  for (const [operation, hook, path] of [
    ["load", "read", "/"],
    ["save", "update", "/set?a=2"],
    ["update", "update", "/count"],
    ["regenerate", "update", "/regenerate"],
    ["destroy", "update", "/destroy"],
  ] as const) {
    it(`for a failure name the operation, its milliseconds and the error: ${operation}`, async () => {
      const { browser, store, notes } = await worldOf();
      const refused = new Error("connection refused");
      store.interfere(hook, async () => {
        await sleep(50);
        throw refused;
      });
      await browser.get(path);
      const [failure, ...more] = notes.log.failures;
      expect(more).to.deep.equal([]);
      expect(failure).to.include({ code: "ERR_SESSION_STORE", operation });
      expect(failure!.milliseconds).to.be.within(45, 5000);
      expect(failure!.milliseconds % 1).to.equal(0);
      expect(failure!.error).to.be.an.instanceOf(SessionError);
      expect(failure!.error).to.include({ code: "ERR_SESSION_STORE", cause: refused });
    });
  }

  for (const [what, { act, events }] of Object.entries(scenarios)) {
    const expected = events.map((event) => (typeof event === "string" ? { type: event } : event));
    const types = expected.map(({ type }) => type).join(", ") || "none";

    it(`for ${what}: ${types}`, async () => {
      const world = await worldOf();
      const id = world.browser.cookie("session")!;
      await act(world);
      expect(world.notes.log.events).to.deep.equal(expected);
      const { failures, events: logged } = world.notes.log;
      const text = inspect([failures, logged], { depth: Infinity, showHidden: true });
      for (const secret of ["secret", id, UNKNOWN]) expect(text).to.not.contain(secret);
    });

    for (const [how, fail] of Object.entries({
      throws: () => {
        throw new Error("The log is full.");
      },
      rejects: () => Promise.reject(new Error("The log is full.")),
    })) {
      it(`do not disturb the request if onEvent ${how}, for ${what}`, async () => {
        const onEvent = sinon.spy(fail);
        const [undisturbed, disturbed] = [await worldOf(), await worldOf({ onEvent })];
        onEvent.resetHistory();
        const statuses = [];
        for (const world of [undisturbed, disturbed]) {
          const response = (await act(world)) as Response;
          statuses.push([response.status, response.headers.getSetCookie().length]);
        }
        expect(statuses[1]).to.deep.equal(statuses[0]);
        expect(onEvent.callCount).to.equal(expected.length);
      });
    }
  }
});
