import { expect } from "chai";
import { createClient } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

/** So much longer than its session an entry lives, because the clocks of servers differ: seconds. */
const MARGIN = 60;

describe("The sessions of an owner are kept in a set in Redis", () => {
  const closeAfter = closesAfterEach();
  let server: RedisServer;

  before(async () => {
    server = await RedisServer.start();
  });
  beforeEach(() => server.cli("FLUSHALL"));
  after(() => server?.stop());

  const getClient = () => createClient({ url: server.url });
  const storeOf = () => {
    const owner = (data: { user?: string }) => data.user;
    return closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient, owner }));
  };

  /** The key of the only set. */
  const set = () => server.cli("KEYS", "session:owner:*");
  const secondsLeft = async () => Number(await server.cli("PTTL", await set())) / 1000;

  it("of their keys, with the time at which each ends, by the clock of the server", async () => {
    await loggedIn(appOn(storeOf()));
    expect(await set()).to.match(/^session:owner:[\w-]{43}$/);
    const [member, score] = (
      await server.cli("ZRANGE", await set(), "0", "-1", "WITHSCORES")
    ).split("\n") as [string, string];
    expect(member).to.match(/^session:[\w-]{43}$/);
    expect(await server.cli("EXISTS", member)).to.equal("1");
    const [seconds] = (await server.cli("TIME")).split("\n");
    expect(Number(score) / 1000 - Number(seconds)).to.be.within(590 + MARGIN, 601 + MARGIN);
  });

  for (const lifetimes of [
    [100, 3000],
    [3000, 100],
  ]) {
    it(`that lives as long as the longest of them: ${lifetimes.join(" and then ")} seconds`, async () => {
      const site = appOn(storeOf());
      for (const lifetime of lifetimes) await loggedIn(site, `${lifetime}`);
      expect(await secondsLeft()).to.be.within(2990 + MARGIN, 3000 + MARGIN + 0.1);
    });
  }

  it("whose life a renewal extends", async () => {
    const store = storeOf();
    const browser = await loggedIn(appOn(store, 100));
    expect(await secondsLeft()).to.be.within(90 + MARGIN, 101 + MARGIN);
    const cookie = `session=${browser.cookie("session")}`;
    expect((await new Browser(appOn(store, 1000)).get("/", { cookie })).status).to.equal(200);
    expect(await secondsLeft()).to.be.within(990 + MARGIN, 1001 + MARGIN);
    const members = await server.cli("ZRANGE", await set(), "0", "-1");
    expect(members).to.match(/^session:[\w-]{43}$/);
  });

  it("that is gone when all have logged out", async () => {
    const site = appOn(storeOf());
    const browsers = [await loggedIn(site), await loggedIn(site), await loggedIn(site)];
    for (const browser of browsers) {
      expect(await set()).to.not.equal("");
      await browser.post("/logout");
    }
    expect(await set()).to.equal("");
  });

  it("that is gone when all have been ended", async () => {
    const store = storeOf();
    const site = appOn(store);
    for (let i = 0; i < 3; i++) await loggedIn(site);
    expect(await store.endSessionsOf("ada")).to.equal(3);
    expect(await set()).to.equal("");
  });

  it("that is gone after its last entry has expired, and loses the earlier ones before", async () => {
    const store = closeAfter(new IndexedStore({ timeout: PATIENT, getClient }));
    await store.entry("one", 2);
    await store.entry("two", 4);
    expect(await server.cli("ZCARD", await set())).to.equal("2");
    await waitUntil("the first entry to be removed", async () => {
      await store.keys();
      return (await server.cli("ZRANGE", await set(), "0", "-1")) === "session:two";
    });
    await waitUntil("the set to be gone", async () => (await set()) === "");
  });
});

function appOn(store: RedisSessionStore, idleTimeout = 600): App {
  return app(
    { store, defaultSessionData: {}, idleTimeout, renewAfter: 0 },
    {
      "/": ({ session }) => session.data.user ?? null,
      "/login": async ({ session, url }) => {
        await session.regenerate();
        session.data.user = "ada";
        const lifetime = url.searchParams.get("lifetime");
        if (lifetime) session.lifetime = Number(lifetime);
      },
      "/logout": ({ session }) => session.destroy(),
    },
  );
}

async function loggedIn(site: App, lifetime = ""): Promise<Browser> {
  const browser = new Browser(site);
  expect((await browser.post(`/login?lifetime=${lifetime}`)).status).to.equal(200);
  return browser;
}

/** Makes entries that live for less than the margin. */
class IndexedStore extends RedisSessionStore {
  readonly #call: any = { ctx: {}, signal: new AbortController().signal };

  entry(hash: string, ttl: number): Promise<void> {
    return this.link(`session:owner:${"A".repeat(43)}`, `session:${hash}`, ttl, this.#call);
  }

  keys(): Promise<string[]> {
    return this.linked(`session:owner:${"A".repeat(43)}`, this.#call);
  }
}
