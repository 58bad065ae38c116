import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { TcpProxy } from "../support/tcp-proxy.js";

const LARGE_BYTES = 60_000;
const READS = 60;
const LINK_SECONDS = 3;

describe("RedisSessionStore: a network that", () => {
  const closeAfter = closesAfterEach();

  for (const { title, create } of clientsOn("one node")) {
    const start = async () => {
      const server = closeAfter(await RedisServer.start());
      const proxy = closeAfter(await TcpProxy.to(server.port));
      let getClientCalls = 0;
      const store = closeAfter(
        new RedisSessionStore({
          timeout: 1,
          getClient() {
            getClientCalls++;
            const node = { url: `redis://127.0.0.1:${proxy.port}` } as RedisServer;
            return create({ nodes: [node], stop: async () => {} });
          },
        }),
      );
      const site = app(
        { store, defaultSessionData: {} },
        {
          "/": (ctx) => ctx.session.data.large?.length ?? null,
          "/fill": (ctx) => (ctx.session.data.large = "x".repeat(LARGE_BYTES)).length,
        },
      );
      const browser = new Browser(site);
      expect((await browser.post("/fill")).status).to.equal(200);
      return { proxy, browser, store, calls: () => getClientCalls };
    };

    it(`drops a connection silently fails requests for one timeout only (${title})`, async () => {
      const { proxy, browser, calls } = await start();
      proxy.dropSilently();
      expect((await browser.get("/")).status).to.equal(500);
      // A new connection works.
      expect((await browser.get("/")).status).to.equal(200);
      expect(calls()).to.equal(2);
    });

    it(`is slow is not taken for a server that hangs (${title})`, async () => {
      const { proxy, browser, calls } = await start();
      await proxy.throttle((READS * LARGE_BYTES) / LINK_SECONDS);
      const reads = await Promise.all(Array.from({ length: READS }, () => browser.get("/")));
      const statuses = new Set(reads.map(({ status }) => status));
      expect([...statuses], "some replies come in time, and some do not").to.have.members([
        200, 500,
      ]);
      await proxy.pass();
      expect((await browser.get("/")).status).to.equal(200);
      expect(calls()).to.equal(1);
    });
  }
});
