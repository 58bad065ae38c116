import { expect } from "chai";
import { createClient } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

describe("RedisSessionStore with perRequest", () => {
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());

  const connections = async () => {
    const list = await redis.cli("CLIENT", "LIST", "TYPE", "normal");
    return list.split("\n").filter((line) => !line.includes("cmd=client")).length;
  };
  const visits = (store: RedisSessionStore, meanwhile: () => unknown = () => {}) =>
    app(
      { store, defaultSessionData: { hits: 0 } },
      {
        "/static": () => "static",
        "/visit": async (ctx) => {
          const hits = ++ctx.session.data.hits;
          await meanwhile();
          return hits;
        },
        "/broken": (ctx) => {
          void ctx.session.data.hits;
          throw new Error("A mistake.");
        },
      },
    );

  for (const { title, create } of clientsOn("one node")) {
    it(`gives each request a client of ${title}, and closes it when the request is over`, async () => {
      let asked = 0;
      let during = 0;
      const store = new RedisSessionStore({
        perRequest: true,
        getClient() {
          asked++;
          return create({ nodes: [redis], stop: async () => {} });
        },
      });
      const browser = new Browser(visits(store, async () => (during = await connections())));
      for (let hits = 1; hits <= 3; hits++) {
        expect(await (await browser.post("/visit")).json()).to.equal(hits);
      }
      expect(asked).to.equal(3);
      expect(during).to.be.at.least(1);
      await waitUntil("no connection", async () => (await connections()) === 0);
    });
  }

  it("asks for none where no store is needed", async () => {
    let asked = 0;
    const store = new RedisSessionStore({
      perRequest: true,
      getClient() {
        asked++;
        return createClient({ url: redis.url });
      },
    });
    expect((await new Browser(visits(store)).get("/static")).status).to.equal(200);
    expect(asked).to.equal(0);
  });

  it("shares no client among requests that are under way at once", async () => {
    const clients = new Set();
    const store = new RedisSessionStore({
      perRequest: true,
      getClient() {
        const client = createClient({ url: redis.url });
        clients.add(client);
        return client;
      },
    });
    const visited = visits(store);
    await Promise.all(Array.from({ length: 5 }, () => new Browser(visited).post("/visit")));
    expect(clients.size).to.equal(5);
    await waitUntil("no connection", async () => (await connections()) === 0);
  });

  it("closes a client that getClient has opened, too", async () => {
    const store = new RedisSessionStore({
      perRequest: true,
      getClient: () => createClient({ url: redis.url }).connect(),
    });
    expect((await new Browser(visits(store)).post("/visit")).status).to.equal(200);
    await waitUntil("no connection", async () => (await connections()) === 0);
  });

  it("closes the client of a request whose handler has thrown", async () => {
    const store = new RedisSessionStore({
      perRequest: true,
      getClient: () => createClient({ url: redis.url }),
    });
    const browser = new Browser(visits(store));
    await browser.post("/visit");
    expect((await browser.get("/broken")).status).to.equal(500);
    await waitUntil("no connection", async () => (await connections()) === 0);
  });

  it("leaves no client behind that could not connect", async () => {
    const server = await RedisServer.start();
    await server.kill();
    const clients: { isOpen: boolean }[] = [];
    const store = new RedisSessionStore({
      perRequest: true,
      getClient() {
        const client = createClient({ url: server.url });
        clients.push(client);
        return client;
      },
    });
    expect((await new Browser(visits(store)).post("/visit")).status).to.equal(500);
    await waitUntil("the client to be closed", () => clients.every(({ isOpen }) => !isOpen));
    expect(clients).to.have.length(1);
    await server.stop();
  });

  it("closes a client that comes when nobody waits for it any longer", async () => {
    const clients: { isOpen: boolean }[] = [];
    const failed = new Deferred();
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: 1,
      async getClient() {
        const client = createClient({ url: redis.url });
        client.on("error", () => {});
        await client.connect();
        await failed.promise;
        clients.push(client);
        return client;
      },
    });
    expect((await new Browser(visits(store)).post("/visit")).status).to.equal(500);
    failed.resolve();
    await waitUntil("the client to come and to be closed", () => {
      return clients.length === 1 && !clients[0]!.isOpen;
    });
  });

  it("tells the platform to wait for the good-bye, and keeps the response from waiting", async () => {
    const answered = new Deferred();
    const store = new RedisSessionStore({
      perRequest: true,
      getClient() {
        const client = createClient({ url: redis.url });
        const close = client.close.bind(client);
        client.close = async () => {
          await answered.promise;
          await close();
        };
        return client;
      },
    });
    const waited: Promise<unknown>[] = [];
    const visited = visits(store);
    const handler = (ctx: any) =>
      visited({ ...ctx, waitUntil: (promise: Promise<unknown>) => void waited.push(promise) });
    expect((await new Browser(handler).post("/visit")).status).to.equal(200);
    answered.resolve();
    expect(waited).to.have.length(1);
    await waited[0];
    await waitUntil("no connection", async () => (await connections()) === 0);
  });

  it("is on or off", () => {
    const options: any = { getClient: () => createClient(), perRequest: "yes" };
    expect(() => new RedisSessionStore(options)).to.throw(TypeError, "perRequest");
  });
});
