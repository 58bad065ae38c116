import { expect } from "chai";
import { UnsafeMemoryStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

/*
 * A browser sends every cookie of a name that it holds, for example one that an older version of the
 * app has set for another path or domain. The server cannot see which is which.
 */
const routes: Parameters<typeof app>[1] = {
  "/": ({ session }) => session.data,
  "/app": ({ session }) => session.data,
  "/begin": ({ session, url }) => void (session.data.user = url.searchParams.get("user")),
  "/login": ({ session }) => session.regenerate(),
  "/visit": ({ session }) => void (session.data.visits = 1),
  "/logout": ({ session }) => session.destroy(),
};

function headerOf(values: string[]): { cookie: string } {
  return { cookie: values.map((value) => `session=${value}`).join("; ") };
}

/** Well-formed IDs that no session has. */
function unknownIds(count: number): string[] {
  return Array.from({ length: count }, () =>
    Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url"),
  );
}

const { UnsignedCookieStore: _unsigned, ...sealedAndExternal } = stores;
for (const [name, create] of Object.entries(sealedAndExternal)) {
  describe(`A request with several session cookies, in ${name},`, () => {
    let clock: Clock;
    let log: EventLog;
    let site: App;
    let stale: string[];
    let valid: string;

    beforeEach(async () => {
      clock = new Clock();
      log = new EventLog();
      const options = { defaultSessionData: {}, idleTimeout: 1000, onEvent: log.onEvent };
      site = app({ ...options, store: create() }, routes);
      stale = [];
      for (let visitor = 0; visitor < 5; visitor++) stale.push(await begin(`stale ${visitor}`));
      clock.pass(1000);
      valid = await begin("ada");
      log.clear();
    });
    afterEach(() => clock.restore());

    /** Begins a session and returns its cookie's value. */
    async function begin(user: string): Promise<string> {
      const browser = new Browser(site);
      await browser.get(`/begin?user=${user}`);
      return browser.cookie("session")!;
    }

    /** The user that a request with these values is served as. */
    async function userOf(values: string[]): Promise<string | undefined> {
      const response = await new Browser(site).get("/", headerOf(values));
      expect(response.status).to.equal(200);
      expect(setCookies(response)).to.deep.equal([]);
      return ((await response.json()) as { user?: string }).user;
    }

    it("gets the valid session, although a stale cookie comes first", async () => {
      expect(await userOf([stale[0]!, valid])).to.equal("ada");
      expect(await userOf(["not a session", valid])).to.equal("ada");
      expect(log.types).to.deep.equal([]);
    });

    it("gets the first of two valid sessions", async () => {
      const other = await begin("eve");
      expect(await userOf([valid, other])).to.equal("ada");
      expect(await userOf([other, valid])).to.equal("eve");
      expect(await userOf([stale[0]!, other, valid])).to.equal("eve");
    });

    it("has up to four values tried, and the fifth ignored", async () => {
      expect(await userOf([...stale.slice(0, 3), valid])).to.equal("ada");
      expect(await userOf([...stale.slice(0, 4), valid])).to.equal(undefined);
    });

    it("has equal values tried once", async () => {
      const repeated = Array.from({ length: 20 }, () => stale[0]!);
      expect(await userOf([...repeated, stale[1]!, stale[0]!, valid])).to.equal("ada");
    });

    it("gets no session from cookies of other names", async () => {
      const cookie = `session=${stale[0]}; xsession=${valid}; Session=${valid}; session2=${valid}`;
      const response = await new Browser(site).get("/", { cookie });
      expect(await response.json()).to.deep.equal({});
    });

    it("causes one event, with the reason of the first cookie, if none is a session", async () => {
      await userOf(["not a session", ...stale.slice(0, 2)]);
      expect(log.events).to.deep.equal([{ type: "fresh", reason: "malformed" }]);
    });

    it("keeps its session in a browser that holds an old cookie of another path", async () => {
      const browser = new Browser(site);
      browser.setCookie("session", valid);
      browser.jar.setCookieSync(`session=${stale[0]}; Path=/app`, "https://example.com/app");
      // RFC 6265, 5.4: the cookie with the longer path comes first.
      expect(browser.jar.getCookieStringSync("https://example.com/app")).to.equal(
        `session=${stale[0]}; session=${valid}`,
      );
      expect(await (await browser.get("/app")).json()).to.deep.equal({ user: "ada" });
    });
  });
}

describe("With an external store, a request with several session cookies", () => {
  let clock: Clock;
  let log: EventLog;
  let store: WatchedMemoryStore;
  let site: App;

  beforeEach(() => {
    clock = new Clock();
    log = new EventLog();
    store = new WatchedMemoryStore();
    site = app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes);
  });
  afterEach(() => clock.restore());

  async function begin(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let visitor = 0; visitor < count; visitor++) {
      const browser = new Browser(site);
      await browser.get(`/begin?user=${visitor}`);
      ids.push(browser.cookie("session")!);
    }
    log.clear();
    store.calls.length = 0;
    return ids;
  }

  const isAlive = async (id: string): Promise<boolean> => {
    const response = await new Browser(site).get("/", headerOf([id]));
    return Object.hasOwn((await response.json()) as object, "user");
  };

  it("ends all of its sessions with destroy(), up to four", async () => {
    const ids = await begin(5);
    const response = await new Browser(site).get("/logout", headerOf(ids));
    expect(setCookies(response)).to.have.length(1);
    expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
    expect(log.types).to.deep.equal(["destroyed"]);
    const living = [];
    for (const id of ids) living.push(await isAlive(id));
    expect(living).to.deep.equal([false, false, false, false, true]);
  });

  it("ends its session with destroy() behind stale cookies", async () => {
    const [id] = await begin(1);
    await new Browser(site).get("/logout", headerOf([...unknownIds(2), "not an ID", id!]));
    expect(await isAlive(id!)).to.equal(false);
  });

  it("is answered as a late request, with the event gone, if one cookie is a recent tombstone and none is a session", async () => {
    const [id] = await begin(1);
    await new Browser(site).get("/login", headerOf([id!]));
    log.clear();
    const values = [...unknownIds(1), id!, ...unknownIds(1)];
    const response = await new Browser(site).get("/visit", headerOf(values));
    expect(setCookies(response)).to.deep.equal([]);
    expect(log.types).to.deep.equal(["gone"]);
  });

  it("gets the valid session behind a recent tombstone, without an event", async () => {
    const [moved, valid] = await begin(2);
    await new Browser(site).get("/login", headerOf([moved!]));
    log.clear();
    const response = await new Browser(site).get("/", headerOf([moved!, valid!]));
    expect(await response.json()).to.deep.equal({ user: "1" });
    expect(log.types).to.deep.equal([]);
  });

  it("causes at most four reads, even with 100 cookies", async () => {
    await new Browser(site).get("/", headerOf(unknownIds(100)));
    expect(store.calls).to.deep.equal(["read", "read", "read", "read"]);
    expect(log.types).to.deep.equal(["fresh"]);
  });

  it("causes one read if the first cookie is a session", async () => {
    const [id] = await begin(1);
    await new Browser(site).get("/", headerOf([id!, ...unknownIds(99)]));
    expect(store.calls).to.deep.equal(["read"]);
  });

  it("is read only through getSessionId, if the app has one", async () => {
    const memory = new UnsafeMemoryStore();
    const options = { store: memory, defaultSessionData: {}, onEvent: log.onEvent };
    site = app(options, routes);
    const [ada, eve] = await begin(2);
    const custom = app(
      { ...options, getSessionId: (ctx) => ctx.request.headers.get("x-session") },
      routes,
    );
    const seen = async (id: string | undefined): Promise<unknown> => {
      const headers: Record<string, string> = id === undefined ? {} : { "x-session": id };
      const init = { ...headerOf([ada!, eve!]), headers };
      return (await new Browser(custom).get("/", init)).json();
    };
    expect(await seen(eve)).to.deep.equal({ user: "1" });
    expect(await seen(unknownIds(1)[0])).to.deep.equal({});
    expect(await seen(undefined)).to.deep.equal({});
    expect(log.events).to.deep.equal([{ type: "fresh", reason: "unknown" }]);
    await new Browser(custom).get("/logout", {
      ...headerOf([ada!, eve!]),
      headers: { "x-session": eve! },
    });
    expect([await isAlive(ada!), await isAlive(eve!)]).to.deep.equal([true, false]);
  });
});
