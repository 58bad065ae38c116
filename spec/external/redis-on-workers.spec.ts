import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { bundleWithNodejsCompat } from "../support/nodejs-compat-bundle.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";
import { Worker } from "../support/worker.js";

const PROGRAM = new URL("../support/programs/redis-worker.ts", import.meta.url);

for (const library of ["node-redis", "ioredis"]) {
  describe(`In workerd, RedisSessionStore with perRequest and ${library}`, () => {
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

    it("keeps sessions from one request to the next", async () => {
      for (const path of ["/count", "/count", "/add", "/login"]) {
        expect((await browser.post(path)).status, path).to.equal(200);
      }
      expect(await seen()).to.deep.equal({ count: 3, user: "ada" });
    });

    it("revokes the ID from before login and logout", async () => {
      for (const path of ["/login", "/logout"]) {
        await browser.post("/count");
        const cookie = `session=${browser.cookie("session")}`;
        expect(await (await browser.get("/", { cookie })).json()).to.include({ count: 1 });
        await browser.post(path);
        expect(await (await browser.get("/", { cookie })).json()).to.deep.equal({ count: 0 });
        await browser.post("/logout");
      }
    });

    it("loses none of the updates of requests that run at once, and leaves no connection behind", async () => {
      await browser.post("/count");
      const updates = await Promise.all(Array.from({ length: 10 }, () => browser.post("/add")));
      expect(updates.map(({ status }) => status)).to.deep.equal(Array(10).fill(200));
      expect(await seen()).to.deep.equal({ count: 11 });
      await waitUntil("no connection", async () => {
        const clients = await redis.cli("CLIENT", "LIST", "TYPE", "normal");
        return clients.trim().split("\n").length === 1; // the one that asks
      });
    });
  });
}
