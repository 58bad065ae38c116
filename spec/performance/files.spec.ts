import { expect } from "chai";
import { createClient } from "redis";
import { RedisSessionStore, SignedCookieStore, type SessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { filesRunBy } from "../support/files-run.js";
import { RedisServer } from "../support/redis-server.js";

// A reader who follows one request must not have to open half of the library. If a number rises,
// somebody should have meant it.
describe("The number of files of lib/ whose code runs", () => {
  /** Of a request that changes an existing session. */
  async function filesOfWrite(store: SessionStore): Promise<string[]> {
    const site = app(
      { store, defaultSessionData: { visits: 0 } },
      { "/": ({ session: { data } }) => ++data.visits },
    );
    const browser = new Browser(site);
    for (let visit = 1; visit <= 3; visit++) await browser.get("/");
    const files = await filesRunBy(async () => {
      expect(await (await browser.get("/")).json()).to.equal(4);
    });
    return files;
  }

  it("is at most 19 for a write to a signed cookie", async () => {
    const store = new SignedCookieStore([await SignedCookieStore.generateKey()]);
    const files = await filesOfWrite(store);
    expect(files, files.join(", ")).to.have.length.within(1, 19);
  });

  it("is at most 25 for a write to Redis", async () => {
    const redis = await RedisServer.start();
    const store = new RedisSessionStore({
      timeout: 20,
      getClient: () => createClient({ url: redis.url }),
    });
    try {
      const files = await filesOfWrite(store);
      expect(files, files.join(", ")).to.have.length.within(1, 25);
    } finally {
      await store.close();
      await redis.stop();
    }
  });
});
