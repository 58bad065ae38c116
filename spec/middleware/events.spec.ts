import { expect } from "chai";
import {
  SignedCookieStore,
  UnsafeMemoryStore,
  type SessionEvent,
  type SessionOptions,
} from "../../lib/index.js";
import { app, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { Deferred } from "../support/deferred.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

const routes: Routes = {
  "/": (ctx) => ({ ...ctx.session.data }),
  "/set": (ctx) => {
    ctx.session.data.user = "ann@example.com";
  },
  "/count": (ctx) => {
    ctx.session.data.n = Number(ctx.session.data.n ?? 0) + 1;
  },
  "/login": (ctx) => ctx.session.regenerate(),
  "/logout": (ctx) => ctx.session.destroy(),
  "/update": (ctx) =>
    ctx.session.update((data) => {
      data.m = 1;
    }),
};

/** Runs a session through every type of event that the store can cause. */
async function runThroughAllEvents(
  store: SessionOptions["store"],
  onEvent: SessionOptions["onEvent"],
) {
  const clock = new Clock();
  try {
    const gate = new Deferred();
    const arrived = new Deferred();
    const site = app(
      { store, defaultSessionData: {}, onEvent },
      {
        ...routes,
        "/slow": async (ctx) => {
          ctx.session.data.slow = Math.random();
          arrived.resolve();
          await gate.promise;
        },
      },
    );
    const answers: (string | number)[] = [];
    const browser = new Browser(site);
    const ids: string[] = [];
    const get = async (path: string) => {
      const response = await browser.get(path);
      answers.push(response.status, await response.text(), setCookies(response).length);
      const id = browser.cookie("session");
      if (id !== undefined) ids.push(id);
    };
    await get("/set"); // saved
    clock.pass(10_000);
    await get("/"); // renewed
    await get("/login"); // regenerated
    await get("/update");
    const slow = browser.get("/slow");
    await arrived.promise;
    await get("/count");
    gate.resolve();
    await slow; // merged
    await get("/logout"); // destroyed
    browser.setCookie("session", "nonsense");
    await get("/"); // fresh
    return { answers, ids, site };
  } finally {
    clock.restore();
  }
}

describe("onEvent", () => {
  it("gets the events of a session in order", async () => {
    const events: SessionEvent[] = [];
    await runThroughAllEvents(new UnsafeMemoryStore(), (event) => events.push(event));
    expect(events).to.deep.equal([
      { type: "saved" },
      { type: "renewed" },
      { type: "regenerated" },
      { type: "saved" },
      { type: "saved" },
      { type: "saved" },
      { type: "merged" },
      { type: "destroyed" },
      { type: "fresh", reason: "malformed" },
    ]);
  });

  it("gets an event for a reissue, for a session that is gone, and for a store that fails", async () => {
    const { events, onEvent } = new EventLog();
    const keys = [await SignedCookieStore.generateKey(), await SignedCookieStore.generateKey()];
    const options = { defaultSessionData: {}, onEvent };
    const browser = new Browser(
      app({ ...options, store: new SignedCookieStore([keys[0]!]) }, routes),
    );
    await browser.get("/set");
    const rotated = app({ ...options, store: new SignedCookieStore([keys[1]!, keys[0]!]) }, routes);
    await new Browser(rotated, { jar: browser.jar }).get("/");

    const store = new WatchedMemoryStore();
    const site = app(
      { ...options, store },
      {
        ...routes,
        "/late": async (ctx) => {
          ctx.session.data.late = true;
          await other.get("/logout");
        },
      },
    );
    const visitor = new Browser(site);
    const other = new Browser(site, { jar: visitor.jar });
    await visitor.get("/set");
    await visitor.get("/late");
    await visitor.get("/set");
    store.down = true;
    await visitor.get("/");
    expect(events).to.deep.equal([
      { type: "saved" },
      { type: "reissued" },
      { type: "saved" },
      { type: "destroyed" },
      { type: "gone" },
      { type: "saved" },
      { type: "store-failed", code: "ERR_SESSION_STORE" },
    ]);
  });

  for (const [name, create] of Object.entries(stores)) {
    it(`gets neither IDs nor data, with ${name}`, async () => {
      const events: SessionEvent[] = [];
      const { ids } = await runThroughAllEvents(create(), (event) => void events.push(event));
      expect(ids.length).to.be.greaterThan(3);
      const text = JSON.stringify(events);
      for (const secret of [...ids, "ann@example.com", "nonsense"]) {
        expect(text).to.not.include(secret);
      }
      for (const event of events) {
        expect(Object.keys(event)).to.satisfy((names: string[]) =>
          names.every((key) => ["type", "reason", "code"].includes(key)),
        );
      }
    });

    it(`cannot change a response by failing, with ${name}`, async () => {
      const withoutOnEvent = await runThroughAllEvents(create(), undefined);
      const failing: Record<string, SessionOptions["onEvent"]> = {
        "an exception": () => {
          throw new Error("onEvent");
        },
        "a rejection": async () => {
          throw new Error("onEvent");
        },
        "an object whose getter then throws": () => ({
          // oxlint-disable-next-line unicorn/no-thenable -- the spec needs a thenable that throws
          get then() {
            throw new Error("then");
          },
        }),
        "a promise that never settles": () => new Promise(() => {}),
      };
      // Node.js ends the process on an unhandled rejection.
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => void unhandled.push(reason);
      process.on("unhandledRejection", note);
      try {
        for (const onEvent of Object.values(failing)) {
          const { answers, site } = await runThroughAllEvents(create(), onEvent);
          expect(answers).to.deep.equal(withoutOnEvent.answers);
          expect(site.errors).to.deep.equal([]);
        }
        await new Promise(setImmediate);
      } finally {
        process.off("unhandledRejection", note);
      }
      expect(unhandled).to.deep.equal([]);
    });
  }

  it("gets the context of the request", async () => {
    const paths: string[] = [];
    const site = app(
      {
        store: new UnsafeMemoryStore(),
        defaultSessionData: {},
        onEvent: (event, ctx) => void paths.push(`${event.type} ${ctx.url.pathname}`),
      },
      routes,
    );
    await new Browser(site).get("/set");
    expect(paths).to.deep.equal(["saved /set"]);
  });
});
