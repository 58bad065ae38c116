import { createRequire } from "node:module";
import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { createRouter, type Router } from "@hattip/router";
import type * as Package from "@hattip/session";
import { RedisSessionStore, session, UnsafeMemoryStore, type SessionStore } from "@hattip/session";
import { expect } from "chai";
import { createClient } from "redis";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { freePort } from "../support/free-port.js";
import { appCode } from "./app-code.js";
import { Document } from "./document.js";

/** What an app imports that uses both builds, for example through a CommonJS dependency. */
const otherBuild: typeof Package = createRequire(import.meta.url)("@hattip/session");

describe("The error handler in docs/errors.md", () => {
  let install: (app: Router) => unknown;

  before(async () => {
    install = await appCode(
      new Document("docs/errors.md").blocksWith("ts", "ctx.handleError ="),
      "app",
    );
  });

  /** An app that awaits `meanwhile` between the change of a log-in and its `regenerate()`. */
  function appWith(store: SessionStore, meanwhile?: Promise<void>): HattipHandler {
    const app = createRouter();
    install(app);
    app.use(cookie());
    app.use(session({ store, defaultSessionData: {} }));
    app.post("/visit", (ctx) => {
      ctx.session.data["visits"] = (ctx.session.data["visits"] ?? 0) + 1;
      return new Response("Visited");
    });
    app.post("/login", async (ctx) => {
      ctx.session.data["user"] = "ada";
      await meanwhile;
      await ctx.session.regenerate();
      return new Response("Logged in");
    });
    app.get("/bug", () => {
      throw Object.assign(new Error("Not a session's error"), { code: "ENOENT" });
    });
    return app.buildHandler();
  }

  for (const [whose, store] of [
    ["the same build", new UnsafeMemoryStore()],
    ["the other build", new otherBuild.UnsafeMemoryStore()],
  ] as const) {
    it(`answers a conflict with 409 if the store is of ${whose}`, async () => {
      const otherTab = new Deferred();
      const browser = new Browser(appWith(store, otherTab.promise));
      await browser.post("/visit");
      const login = browser.post("/login");
      await browser.post("/visit");
      otherTab.resolve();
      expect((await login).status).to.equal(409);
      expect((await browser.post("/login")).status).to.equal(200);
    });
  }

  for (const [whose, { RedisSessionStore: Store }] of [
    ["the same build", { RedisSessionStore }],
    ["the other build", otherBuild],
  ] as const) {
    it(`answers with 503 while the backend is down if the store is of ${whose}`, async () => {
      const url = `redis://127.0.0.1:${await freePort()}`;
      const store = new Store({ getClient: () => createClient({ url }) });
      try {
        const response = await new Browser(appWith(store)).post("/visit");
        expect(response.status).to.equal(503);
        expect(response.headers.get("retry-after")).to.equal("5");
      } finally {
        await store.close();
      }
    });
  }

  it("answers another error with 500", async () => {
    const printed: unknown[] = [];
    const { error: original } = console;
    console.error = (error) => printed.push(error);
    try {
      const response = await new Browser(appWith(new UnsafeMemoryStore())).get("/bug");
      expect(response.status).to.equal(500);
      expect(printed).to.have.length(1);
    } finally {
      console.error = original;
    }
  });
});
