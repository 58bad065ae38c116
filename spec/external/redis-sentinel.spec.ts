import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisSentinel } from "../support/redis-sentinel.js";
import { waitUntil } from "../support/wait-until.js";

describe("Sessions in Redis with Sentinel", function () {
  this.timeout(180_000);
  const stores: RedisSessionStore[] = [];
  let sentinel: RedisSentinel;

  before(async () => {
    sentinel = await RedisSentinel.start(500);
  });
  after(async () => {
    // The stores are closed first: otherwise node-redis 5 looks for its Sentinels forever, and this
    // process does not end.
    await Promise.all(stores.map((store) => store.close()));
    await sentinel?.stop();
  });

  it("continue with every client after the promotion of the replica", async () => {
    const { nodes } = sentinel;
    const visitors = clientsOn("Sentinel").map(({ title, create }) => {
      const store = new RedisSessionStore({
        timeout: 5, // a busy machine can need seconds for one step
        getClient: () => create({ nodes, sentinel, stop: async () => {} }),
      });
      stores.push(store);
      const counted = app(
        { store, defaultSessionData: { hits: 0 } },
        { "/visit": (ctx) => ++ctx.session.data.hits },
      );
      return { title, browser: new Browser(counted) };
    });
    for (const { browser } of visitors) {
      expect(await (await browser.post("/visit")).json()).to.equal(1);
    }
    // Replication is asynchronous. WAIT does not help here: it waits only for the writes of its own
    // connection.
    await waitUntil("the replica to have all sessions", async () => {
      return (await nodes[1].cli("DBSIZE")) === (await nodes[0].cli("DBSIZE"));
    });
    await nodes[0].kill();
    await waitUntil(
      "the promotion",
      async () => (await sentinel.masterPort()) === nodes[1].port,
      60,
    );
    for (const { title, browser } of visitors) {
      const cookie = browser.cookie("session");
      await waitUntil(
        `${title} to find the new master`,
        async () => {
          return (await browser.post("/visit")).status === 200;
        },
        60,
      );
      expect(browser.cookie("session")).to.equal(cookie);
      expect(await (await browser.post("/visit")).json()).to.be.at.least(3);
    }
  });
});
