import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import {
  session,
  SignedCookieStore,
  UnsafeMemoryStore,
  type SessionOptions,
  type SessionStore,
} from "../../lib/index.js";
import { answer, appOf, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { keys, stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

const routes: Routes = {
  "/": (ctx) => ({ ...ctx.session.data }),
  "/set": (ctx) => {
    ctx.session.data.user = "ann";
  },
  "/login": (ctx) => ctx.session.regenerate(),
  "/logout": (ctx) => ctx.session.destroy(),
  "/redirect": (ctx) => {
    ctx.session.data.user = "ann";
    return Response.redirect("https://example.com/");
  },
};

/** A client without cookies: it reads the session ID from a response header and sends it back. */
class ApiClient {
  id: string | null = null;
  readonly received: [id: string | null, maxAge: number][] = [];
  readonly log = new EventLog();
  readonly #browser: Browser;

  constructor(store: SessionStore, options: Partial<SessionOptions> = {}) {
    const site = appOf(
      session({
        store,
        defaultSessionData: {},
        onEvent: this.log.onEvent,
        getSessionId: async (ctx) => ctx.request.headers.get("x-session"),
        setSessionId: async (_ctx, response, id, maxAge) => {
          await Promise.resolve();
          this.received.push([id, maxAge]);
          response.headers.set("x-session", id ?? "");
        },
        ...options,
      }),
      answer(routes),
    );
    this.#browser = new Browser(site);
  }

  async get(path: string): Promise<Response> {
    const headers: HeadersInit = this.id ? { "x-session": this.id } : {};
    const response = await this.#browser.get(path, { headers });
    const id = response.headers.get("x-session");
    if (id !== null) this.id = id || null;
    return response;
  }
}

describe("A session ID in the app's own headers", () => {
  let clock: Clock;
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  for (const [name, create] of Object.entries(stores)) {
    it(`works like a session ID in a cookie, with ${name}`, async () => {
      const client = new ApiClient(create());
      const first = await client.get("/set");
      expect(setCookies(first)).to.deep.equal([]);
      expect(first.headers.get("cache-control")).to.equal("private");
      expect(await (await client.get("/")).json()).to.deep.equal({ user: "ann" });
      clock.pass(10_000);
      await client.get("/");
      await client.get("/login");
      expect(await (await client.get("/")).json()).to.deep.equal({ user: "ann" });
      await client.get("/logout");
      expect(client.id).to.equal(null);
      expect(await (await client.get("/")).json()).to.deep.equal({});
      expect(client.received[0]![1]).to.equal(86_400);
      expect(client.received.at(-1)).to.deep.equal([null, 0]);
      expect(client.log.types).to.include.members(["saved", "renewed", "regenerated", "destroyed"]);
    });

    it(`is not sent again if nothing changed, with ${name}`, async () => {
      const client = new ApiClient(create());
      await client.get("/set");
      client.received.length = 0;
      await client.get("/");
      await client.get("/set");
      expect(client.received).to.deep.equal([]);
    });
  }

  it("is added to a redirect although the headers of the redirect are immutable", async () => {
    const client = new ApiClient(new UnsafeMemoryStore());
    const response = await client.get("/redirect");
    expect(response.status).to.equal(302);
    expect(await (await client.get("/")).json()).to.deep.equal({ user: "ann" });
  });

  it("is validated as strictly as a cookie value", async () => {
    const client = new ApiClient(new UnsafeMemoryStore());
    for (const id of ["x", "../../x", "MfHXxMsBQmHBrQRULY6T4-sTxXqCKXzpsVWnT5mEYkc"]) {
      client.id = id;
      await client.get("/set");
      expect(client.id).to.not.equal(id);
    }
    expect(client.log.types).to.deep.equal(["fresh", "saved", "fresh", "saved", "fresh", "saved"]);
  });

  for (const nothing of [null, undefined, ""]) {
    it(`counts as missing if getSessionId returns ${JSON.stringify(nothing)}`, async () => {
      const client = new ApiClient(new UnsafeMemoryStore(), { getSessionId: () => nothing });
      expect(await (await client.get("/")).json()).to.deep.equal({});
      expect(client.log.types).to.deep.equal([]);
    });
  }

  for (const [name, create] of Object.entries(stores)) {
    it(`is rejected if getSessionId returns a value of another type, with ${name}`, async () => {
      // A getSessionId that reads a JSON body can return any value.
      for (const sent of [42, true, {}, ["x"]]) {
        const getSessionId: any = () => sent;
        const client = new ApiClient(create(), { getSessionId });
        expect(await (await client.get("/")).json()).to.deep.equal({});
        expect(client.log.events).to.deep.equal([{ type: "fresh", reason: "malformed" }]);
      }
    });
  }

  it("can come from a thenable whose then() returns nothing", async () => {
    const client = new ApiClient(new UnsafeMemoryStore());
    await client.get("/set");
    const { id } = client;
    const getSessionId: any = () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- an app may use a library that has its own
      then(resolve: (value: unknown) => void) {
        resolve(id);
      },
    });
    const other = new ApiClient(new UnsafeMemoryStore(), { getSessionId });
    expect((await other.get("/")).status).to.equal(200);
    expect(other.log.events).to.deep.equal([{ type: "fresh", reason: "unknown" }]);
  });

  it("can be longer than a cookie", async () => {
    const site = appOf(
      session({
        store: new SignedCookieStore(keys),
        defaultSessionData: {},
        getSessionId: (ctx) => ctx.request.headers.get("x-session"),
        setSessionId: (_ctx, response, id) => response.headers.set("x-session", id ?? ""),
      }),
      answer({
        "/": (ctx) => {
          ctx.session.data.text = "x".repeat(5000);
        },
        "/look": (ctx) => ctx.session.data.text.length,
      }),
    );
    const browser = new Browser(site);
    const token = (await browser.get("/")).headers.get("x-session")!;
    expect(token.length).to.be.greaterThan(4096);
    const response = await browser.get("/look", { headers: { "x-session": token } });
    expect(await response.json()).to.equal(5000);
  });

  it("can be read from a header and written to a cookie, and the reverse", async () => {
    const store = new UnsafeMemoryStore();
    const fromHeader = appOf(
      session({
        store,
        defaultSessionData: {},
        getSessionId: (ctx) => ctx.request.headers.get("x-session"),
      }),
      answer(routes),
    );
    const intoHeader = appOf(
      cookie(),
      session({
        store,
        defaultSessionData: {},
        setSessionId: (_ctx, response, id) => response.headers.set("x-session", id ?? ""),
      }),
      answer(routes),
    );
    const browser = new Browser(fromHeader);
    await browser.get("/set");
    const id = browser.cookie("session")!;
    const response = await browser.get("/", { headers: { "x-session": id } });
    expect(await response.json()).to.deep.equal({ user: "ann" });

    const other = await new Browser(intoHeader).get("/set");
    expect(setCookies(other)).to.deep.equal([]);
    const cookieHeader = `session=${other.headers.get("x-session")}`;
    const seen = await new Browser(intoHeader).get("/", { cookie: cookieHeader });
    expect(await seen.json()).to.deep.equal({ user: "ann" });
    expect(seen.headers.get("vary")).to.equal("Cookie");
  });

  for (const [what, options] of [
    [
      "getSessionId",
      {
        getSessionId: () => {
          throw new Error("transport");
        },
      },
    ],
    [
      "setSessionId",
      {
        setSessionId: async () => {
          throw new Error("transport");
        },
      },
    ],
  ] as [string, Partial<SessionOptions>][]) {
    it(`causes an error response if ${what} fails`, async () => {
      const client = new ApiClient(new UnsafeMemoryStore(), options);
      expect((await client.get("/set")).status).to.equal(500);
    });
  }
});
