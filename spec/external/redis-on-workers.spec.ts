import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { bundleWithNodejsCompat } from "../support/nodejs-compat-bundle.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";
import { Worker } from "../support/worker.js";

const PROGRAM = new URL("../support/programs/redis-worker.ts", import.meta.url);

for (const library of ["node-redis", "ioredis"]) {
  describe(`RedisSessionStore with perRequest and ${library} in workerd`, () => {
    let redis: RedisServer;
    let worker: Worker;
    let browser: Browser;

    before(async function () {
      this.timeout(60_000);
      redis = await RedisServer.start();
      worker = await Worker.start(await bundleWithNodejsCompat(PROGRAM), {
        compatibilityFlags: ["nodejs_compat"],
        bindings: { REDIS_URL: redis.url, REDIS_LIBRARY: library },
      });
    });
    after(async () => {
      await worker?.stop();
      await redis?.stop();
    });

    beforeEach(() => {
      browser = new Browser(worker.handler);
    });

    const seen = async (visitor = browser) => (await visitor.get("/")).json();

    it("keeps sessions between requests", async () => {
      for (const path of ["/count", "/count", "/add", "/login"]) {
        expect((await browser.post(path)).status, path).to.equal(200);
      }
      expect(await seen()).to.deep.equal({ count: 3, user: "ada" });
    });

    it("ends the old ID at login and at logout", async () => {
      for (const path of ["/login", "/logout"]) {
        await browser.post("/count");
        const cookie = `session=${browser.cookie("session")}`;
        expect(await (await browser.get("/", { cookie })).json()).to.include({ count: 1 });
        await browser.post(path);
        expect(await (await browser.get("/", { cookie })).json()).to.deep.equal({ count: 0 });
        await browser.post("/logout");
      }
    });

    it("lists and ends the sessions of a user", async () => {
      await redis.cli("FLUSHALL");
      const browsers = [browser, new Browser(worker.handler), new Browser(worker.handler)];
      for (const one of browsers) expect((await one.post("/login")).status).to.equal(200);
      expect(await (await browser.get("/sessions")).json()).to.equal(3);
      expect(await (await browser.post("/end-others")).json()).to.equal(2);
      expect(await (await browser.get("/sessions")).json()).to.equal(1);
      expect(await seen()).to.include({ user: "ada" });
      expect(await seen(browsers[1])).to.not.have.property("user");
      await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
    });

    it("loses no update of concurrent requests and leaves no connection open", async () => {
      await browser.post("/count");
      const updates = await Promise.all(Array.from({ length: 10 }, () => browser.post("/add")));
      expect(updates.map(({ status }) => status)).to.deep.equal(Array(10).fill(200));
      expect(await seen()).to.deep.equal({ count: 11 });
      await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
    });
  });
}
