import { expect } from "chai";
import { Miniflare } from "miniflare";
import { Browser } from "../support/browser.js";
import { bundleWithNodejsCompat } from "../support/nodejs-compat-bundle.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

for (const library of ["node-redis", "ioredis"]) {
  describe(`In workerd, RedisSessionStore with perRequest and ${library}`, () => {
    let redis: RedisServer;
    let workerd: Miniflare;
    let browser: Browser;

    before(async function () {
      this.timeout(60_000);
      redis = await RedisServer.start();
      workerd = new Miniflare({
        // A list, because a single script is searched for imports that are
        // not literal, and refused.
        modules: [{ type: "ESModule", path: "worker.mjs", contents: await worker() }],
        compatibilityDate: "2025-07-18",
        compatibilityFlags: ["nodejs_compat"],
        bindings: { REDIS_URL: redis.url, REDIS_LIBRARY: library },
        cf: false, // else it asks the network for a sample of request.cf
      });
      await workerd.ready;
    });
    after(async () => {
      await workerd?.dispose();
      await redis?.stop();
    });

    beforeEach(() => {
      browser = new Browser(async ({ request: { url, method, headers } }) => {
        const answer = await workerd.dispatchFetch(url, { method, headers: [...headers] });
        const { status } = answer;
        return new Response(await answer.text(), { status, headers: [...answer.headers] });
      });
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

function worker(): Promise<string> {
  return bundleWithNodejsCompat(new URL("../support/programs/redis-worker.ts", import.meta.url));
}
