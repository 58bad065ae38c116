import { expect } from "chai";
import { createClient } from "redis";
import { RedisSessionStore, type RedisClient } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { clientsOn, endClient } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { PATIENT } from "../support/patient.js";
import { waitUntil } from "../support/wait-until.js";

describe("RedisSessionStore with perRequest", () => {
  const closeAfter = closesAfterEach();
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis?.stop());

  /** A client that is closed after the spec, in case the store does not close it. */
  const opened = <T extends RedisClient>(client: T): T => {
    closeAfter(() => endClient(client));
    return client;
  };

  const appOn = (store: RedisSessionStore, meanwhile: () => unknown = () => {}) =>
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
          throw new Error("The handler failed.");
        },
      },
    );

  for (const { title, create } of clientsOn("one node")) {
    it(`opens a client of ${title} for each request and closes it after the request`, async () => {
      let getClientCalls = 0;
      let during = 0;
      const store = new RedisSessionStore({
        perRequest: true,
        timeout: PATIENT,
        getClient() {
          getClientCalls++;
          return opened(create({ nodes: [redis], stop: async () => {} }));
        },
      });
      const browser = new Browser(appOn(store, async () => (during = await redis.clientCount())));
      for (let hits = 1; hits <= 3; hits++) {
        expect(await (await browser.post("/visit")).json()).to.equal(hits);
      }
      expect(getClientCalls).to.equal(3);
      expect(during).to.be.at.least(1);
      await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
    });
  }

  it("creates no client for a request that does not use the session", async () => {
    let getClientCalls = 0;
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient() {
        getClientCalls++;
        return opened(createClient({ url: redis.url }));
      },
    });
    expect((await new Browser(appOn(store)).get("/static")).status).to.equal(200);
    expect(getClientCalls).to.equal(0);
  });

  it("shares no client between concurrent requests", async () => {
    const clients = new Set();
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient() {
        const client = opened(createClient({ url: redis.url }));
        clients.add(client);
        return client;
      },
    });
    const site = appOn(store);
    await Promise.all(Array.from({ length: 5 }, () => new Browser(site).post("/visit")));
    expect(clients.size).to.equal(5);
    await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
  });

  it("also closes a client that getClient has opened", async () => {
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient: () => opened(createClient({ url: redis.url })).connect(),
    });
    expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(200);
    await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
  });

  it("closes the client when the handler throws", async () => {
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient: () => opened(createClient({ url: redis.url })),
    });
    const browser = new Browser(appOn(store));
    await browser.post("/visit");
    expect((await browser.get("/broken")).status).to.equal(500);
    await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
  });

  it("closes a client that could not connect", async () => {
    const server = closeAfter(await RedisServer.start());
    await server.kill();
    const clients: { isOpen: boolean }[] = [];
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient() {
        const client = opened(createClient({ url: server.url }));
        clients.push(client);
        return client;
      },
    });
    expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(500);
    await waitUntil("the client to be closed", () => clients.every(({ isOpen }) => !isOpen));
    expect(clients).to.have.length(1);
  });

  it("closes a client that arrives after its request has timed out", async () => {
    const clients: { isOpen: boolean }[] = [];
    const failed = new Deferred();
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: 1,
      async getClient() {
        const client = opened(createClient({ url: redis.url }));
        client.on("error", () => {});
        await client.connect();
        await failed.promise;
        clients.push(client);
        return client;
      },
    });
    expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(500);
    failed.resolve();
    await waitUntil("the client to arrive and to be closed", () => {
      return clients.length === 1 && !clients[0]!.isOpen;
    });
  });

  it("closes the client within waitUntil(), without a delay of the response", async () => {
    const answered = new Deferred();
    closeAfter(() => answered.resolve());
    const store = new RedisSessionStore({
      perRequest: true,
      timeout: PATIENT,
      getClient() {
        const client = opened(createClient({ url: redis.url }));
        const close = client.close.bind(client);
        client.close = async () => {
          await answered.promise;
          await close();
        };
        return client;
      },
    });
    const waited: Promise<unknown>[] = [];
    const site = appOn(store);
    const handler = (ctx: any) =>
      site({ ...ctx, waitUntil: (promise: Promise<unknown>) => void waited.push(promise) });
    expect((await new Browser(handler).post("/visit")).status).to.equal(200);
    answered.resolve();
    expect(waited).to.have.length(1);
    await waited[0];
    await waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
  });

  it("throws a TypeError that names getClient if there is none, also without options", () => {
    for (const options of [undefined, {}, { url: "redis://localhost" }, { getClient: {} }]) {
      const make = () => new RedisSessionStore(options as never);
      expect(make).to.throw(TypeError, "getClient must be a function");
    }
  });

  it("throws a TypeError if perRequest is not a boolean", () => {
    const options: any = { getClient: () => createClient(), perRequest: "yes" };
    expect(() => new RedisSessionStore(options)).to.throw(TypeError, "perRequest");
  });
});
