import { expect } from "chai";
import { RedisSessionStore, SessionError, type RedisClient } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { Deferred } from "../support/deferred.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn, endClient } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

describe("close() of a RedisSessionStore", () => {
  const closeAfter = closesAfterEach();
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis?.stop());

  const appOn = (store: RedisSessionStore, meanwhile: () => unknown = () => {}) =>
    app(
      { store, defaultSessionData: { hits: 0 } },
      {
        "/visit": async (ctx) => {
          const hits = ++ctx.session.data.hits;
          await meanwhile();
          return hits;
        },
      },
    );
  const noConnections = () =>
    waitUntil("all connections to close", async () => (await redis.clientCount()) === 0);
  const visitFails = async (store: RedisSessionStore) => {
    const site = appOn(store);
    expect((await new Browser(site).post("/visit")).status).to.equal(500);
    const [error] = site.errors;
    expect(error).to.be.an.instanceOf(SessionError);
    expect(error).to.include({ code: "ERR_SESSION_STORE" });
    expect(String(error)).to.include("The store has been closed.");
  };

  for (const { title, create } of clientsOn("one node")) {
    describe(`(${title})`, () => {
      let getClientCalls: number;
      const getClient = () => {
        getClientCalls++;
        return create({ nodes: [redis], stop: async () => {} });
      };
      const storeOn = (client: () => RedisClient) =>
        closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient: client }));
      let store: RedisSessionStore;

      beforeEach(async () => {
        await noConnections();
        getClientCalls = 0;
        store = storeOn(getClient);
      });

      it("is final: it closes the client, and later requests fail and open no other", async () => {
        expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(200);
        await store.close();
        await noConnections();
        await visitFails(store);
        expect(getClientCalls).to.equal(1);
        expect(await redis.clientCount()).to.equal(0);
      });

      it("fails requests that are in flight, and leaves no connection open", async () => {
        const gate = new Deferred();
        const arrived = new Deferred();
        const browser = new Browser(appOn(store));
        await browser.post("/visit");
        const site = appOn(store, () => (arrived.resolve(), gate.promise));
        const waiting = new Browser(site, { jar: browser.jar }).post("/visit");
        await arrived.promise;
        await store.close();
        gate.resolve();
        expect((await waiting).status).to.equal(500);
        expect(String(site.errors[0])).to.include("The store has been closed.");
        await noConnections();
        expect(getClientCalls).to.equal(1);
      });

      it("waits for the commands that have been sent", async () => {
        const browser = new Browser(appOn(store));
        await browser.post("/visit");
        redis.pause();
        const pinging = store.ping();
        const closing = store.close();
        redis.resume();
        await pinging;
        await closing;
      });

      it("closes the client that a request is opening", async () => {
        const visiting = new Browser(appOn(store)).post("/visit");
        await waitUntil("the call of getClient", () => getClientCalls === 1);
        await Promise.all([visiting, store.close()]);
        await noConnections();
        await visitFails(store);
      });

      it("before the first request is final, too", async () => {
        await store.close();
        await visitFails(store);
        expect(getClientCalls).to.equal(0);
      });

      it("leaves a client that two stores share to the other store", async () => {
        const shared = create({ nodes: [redis], stop: async () => {} });
        closeAfter(() => endClient(shared));
        const [one, other] = [storeOn(() => shared), storeOn(() => shared)];
        await Promise.all([one.ping(), other.ping()]);
        await one.close();
        await visitFails(one);
        expect((await new Browser(appOn(other)).post("/visit")).status).to.equal(200);
        await other.close();
        await noConnections();
      });
    });
  }

  it("does not wait for a getClient that never settles, and closes a client that arrives later", async () => {
    const gate = new Deferred();
    const kind = clientsOn("one node")[0]!;
    const store = new RedisSessionStore({
      timeout: 1,
      async getClient() {
        await gate.promise;
        return kind.create({ nodes: [redis], stop: async () => {} });
      },
    });
    const visiting = new Browser(appOn(store)).post("/visit");
    await store.close();
    expect((await visiting).status).to.equal(500);
    gate.resolve();
    await noConnections();
  });
});
