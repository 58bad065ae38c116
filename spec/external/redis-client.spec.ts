import { expect } from "chai";
import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createClient, RESP_TYPES } from "redis";
import sinon from "sinon";
import { RedisSessionStore, type RedisClient, type SessionError } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { collectGarbage } from "../support/collect-garbage.js";
import { Deferred } from "../support/deferred.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { clientsOn, endClient } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { PATIENT } from "../support/patient.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { waitUntil } from "../support/wait-until.js";

const run = promisify(execFile);

describe("The client of a RedisSessionStore", () => {
  const closeAfter = closesAfterEach();
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis?.stop());

  const appOn = (store: RedisSessionStore) =>
    app(
      { store, defaultSessionData: { hits: 0 } },
      { "/": (ctx) => ctx.session.data, "/visit": (ctx) => ++ctx.session.data.hits },
    );
  const works = async (site: App) => (await new Browser(site).post("/visit")).status === 200;
  const visit = async (site: App) => {
    const response = await new Browser(site).post("/visit");
    expect(site.errors).to.deep.equal([]);
    expect(response.status).to.equal(200);
  };

  for (const { title, create } of clientsOn("one node")) {
    describe(`(${title})`, () => {
      let getClientCalls: number;
      let store: RedisSessionStore;

      beforeEach(async () => {
        getClientCalls = 0;
        await waitUntil(
          "the connections of the last spec to close",
          async () => (await redis.clientCount()) === 0,
        );
        store = closeAfter(
          new RedisSessionStore({
            timeout: PATIENT,
            getClient() {
              getClientCalls++;
              return create({ nodes: [redis], stop: async () => {} });
            },
          }),
        );
      });

      it("is created and opened only once for many concurrent requests", async () => {
        const site = appOn(store);
        expect(getClientCalls).to.equal(0);
        await Promise.all(Array.from({ length: 20 }, () => visit(site)));
        await visit(site);
        expect(getClientCalls).to.equal(1);
        expect(await redis.clientCount()).to.equal(1);
      });

      it("is used as it is and stays open if the application has opened it", async () => {
        const openClient = create({ nodes: [redis], stop: async () => {} });
        closeAfter(() => endClient(openClient));
        await openClient.connect();
        const other = closeAfter(
          new RedisSessionStore({ timeout: PATIENT, getClient: () => openClient }),
        );
        await visit(appOn(other));
        const before = await redis.clientCount();
        await other.close();
        expect(await openClient.set("key", "value")).to.equal("OK");
        expect(await redis.clientCount()).to.equal(before);
      });

      it("can be shared by many stores, and a closed store leaves no listener behind", async () => {
        const sharedClient = create({ nodes: [redis], stop: async () => {} });
        closeAfter(() => endClient(sharedClient));
        await sharedClient.connect();
        const useAndClose = async (prefix: string) => {
          const getClient = () => sharedClient;
          const one = new RedisSessionStore({ timeout: PATIENT, getClient, prefix });
          try {
            await visit(appOn(one));
            if (prefix === "1:") {
              // The application closes the client, and the store notices it.
              await closeClient(sharedClient);
              expect((await new Browser(appOn(one)).post("/visit")).status).to.equal(500);
            }
          } finally {
            await one.close(); // not by closeAfter(), which would hold the store
          }
          if (prefix === "1:") await sharedClient.connect();
          return new WeakRef(getClient); // a listener left on the client would hold it
        };
        const closed: WeakRef<() => RedisClient>[] = [];
        for (let tenant = 1; tenant <= 12; tenant++) closed.push(await useAndClose(`${tenant}:`));
        for (const event of ["error", "ready", "close"]) {
          expect((sharedClient as unknown as EventEmitter).listenerCount(event)).to.be.at.most(2);
        }
        await waitUntil("the closed stores to be garbage-collected", () => {
          collectGarbage();
          return closed.every((one) => one.deref() === undefined);
        });
      });

      it("can be returned as a promise", async () => {
        const other = closeAfter(
          new RedisSessionStore({
            timeout: PATIENT,
            getClient: async () => create({ nodes: [redis], stop: async () => {} }),
          }),
        );
        await visit(appOn(other));
      });
    });
  }

  for (const [title, create] of [
    ["ioredis 6", () => new Redis(redis.url)],
    ["ioredis 5", () => new Redis5(redis.url)],
  ] as const) {
    it(`works if it is already connecting at the first request (${title})`, async () => {
      let client: Redis | Redis5 | undefined;
      const store = new RedisSessionStore({
        timeout: PATIENT,
        getClient: () => (client = create()),
      });
      closeAfter(() => client?.disconnect());
      await visit(appOn(store));
      await store.close();
      expect(client!.status).to.equal("ready");
    });
  }

  const numberAsText = { [RESP_TYPES.NUMBER]: String };
  const textAsBuffer = { [RESP_TYPES.BLOB_STRING]: Buffer };
  for (const [title, create] of [
    ["ioredis 6", () => new Redis(redis.url, { lazyConnect: true, stringNumbers: true })],
    ["ioredis 5", () => new Redis5(redis.url, { lazyConnect: true, stringNumbers: true })],
    [
      "node-redis 6",
      () => {
        const typeMapping = { ...numberAsText, ...textAsBuffer };
        return createClient({ url: redis.url, commandOptions: { typeMapping } });
      },
    ],
  ] as const) {
    it(`works if its options change the types of numbers and strings in replies (${title})`, async () => {
      const store = closeAfter(
        new RedisSessionStore({ timeout: PATIENT, getClient: (): RedisClient => create() }),
      );
      const site = app(
        { store, defaultSessionData: { hits: 0 } },
        {
          "/visit": (ctx) => ++ctx.session.data.hits,
          "/update": async (ctx) => {
            await ctx.session.update((data) => void data.hits++);
            return ctx.session.data.hits;
          },
          "/regenerate": (ctx) => ctx.session.regenerate(),
        },
      );
      const browser = new Browser(site);
      for (const path of ["/visit", "/update", "/regenerate"]) await browser.get(path);
      expect(await (await browser.get("/visit")).json()).to.equal(3);
      expect(site.errors).to.deep.equal([]);
    });
  }

  it("is used again after the server recovers, even if the system clock was set back", async () => {
    const server = closeAfter(await RedisServer.start());
    const store = closeAfter(
      new RedisSessionStore({ timeout: 1, getClient: () => createClient({ url: server.url }) }),
    );
    const site = appOn(store);
    await waitUntil("a visit", () => works(site));
    server.pause();
    expect((await new Browser(site).post("/visit")).status).to.equal(500);
    const clock = sinon.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    closeAfter(() => clock.restore());
    server.resume();
    await waitUntil("the store to work again", () => works(site));
  });

  it("stays in use if this process is blocked for longer than the timeout, and no request fails", async () => {
    const server = closeAfter(await RedisServer.start());
    let getClientCalls = 0;
    const store = closeAfter(
      new RedisSessionStore({
        timeout: 1,
        getClient() {
          getClientCalls++;
          return createClient({ url: server.url });
        },
      }),
    );
    const site = appOn(store);
    await waitUntil("a visit", () => works(site));
    const before = getClientCalls;
    server.pause();
    const response = new Browser(site).post("/visit");
    await sleep(100); // the command is sent
    // The timers of the next round of the event loop run before the reply is read.
    await setImmediate();
    server.resume();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    expect((await response).status).to.equal(200);
    expect(getClientCalls).to.equal(before);
  });

  it("is closed if it has not connected in time, because the next request gets a new one", async () => {
    const server = closeAfter(await RedisServer.start());
    const proxy = closeAfter(await TcpProxy.to(server.port));
    await proxy.hang();
    const client = new Redis(proxy.port, { lazyConnect: true });
    closeAfter(() => client.disconnect());
    const store = closeAfter(new RedisSessionStore({ timeout: 1, getClient: () => client }));
    expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(500);
    await waitUntil("the client to be closed", () => client.status === "end");
  });

  it("is requested again after getClient has thrown", async () => {
    let getClientCalls = 0;
    const store = closeAfter(
      new RedisSessionStore({
        timeout: PATIENT,
        getClient() {
          if (++getClientCalls === 1) throw new Error("The secrets are not loaded yet.");
          return createClient({ url: redis.url });
        },
      }),
    );
    const site = appOn(store);
    expect((await new Browser(site).post("/visit")).status).to.equal(500);
    expect((site.errors[0] as SessionError).code).to.equal("ERR_SESSION_STORE");
    expect((await new Browser(site).post("/visit")).status).to.equal(200);
  });

  for (const timeouts of [1, 2]) {
    it(`is requested only once if it arrives after ${timeouts} timed-out request(s)`, async () => {
      let getClientCalls = 0;
      const gate = new Deferred();
      const store = closeAfter(
        new RedisSessionStore({
          timeout: 1,
          async getClient() {
            getClientCalls++;
            await gate.promise;
            return createClient({ url: redis.url });
          },
        }),
      );
      const site = appOn(store);
      const timesOut = async () => {
        const start = performance.now();
        expect((await new Browser(site).post("/visit")).status).to.equal(500);
        return performance.now() - start > 900;
      };
      for (let i = 0; i < timeouts; i++) {
        // While the circuit breaker is open, requests fail fast.
        await waitUntil("a request to time out", timesOut);
      }
      gate.resolve();
      await waitUntil("the store to work", () => works(site));
      expect(getClientCalls).to.equal(1);
    });
  }

  it("reports its errors even if it arrived after the requests had timed out", async () => {
    const server = closeAfter(await RedisServer.start());
    const gate = new Deferred();
    const store = closeAfter(
      new RedisSessionStore({
        timeout: 1,
        async getClient() {
          await gate.promise;
          return createClient({ url: server.url });
        },
      }),
    );
    const site = appOn(store);
    const failedVisit = async () => {
      expect((await new Browser(site).post("/visit")).status).to.equal(500);
      return site.errors.pop() as { cause?: { name: string; code?: string } };
    };
    let waits = 0;
    await waitUntil("two requests to time out", async () => {
      if ((await failedVisit()).cause?.name === "TimeoutError") waits++;
      return waits === 2;
    });
    await server.kill();
    gate.resolve();
    await waitUntil("the connection error as the cause", async () => {
      return (await failedVisit()).cause?.code === "ECONNREFUSED";
    });
  });

  // ioredis cannot drop a command, as node-redis can.
  it("gets no command of a request that has failed while the client was connecting", async () => {
    const server = closeAfter(await RedisServer.start());
    const proxy = closeAfter(await TcpProxy.to(server.port));
    await proxy.hang();
    const client = new Redis(proxy.port, { lazyConnect: true });
    closeAfter(() => client.disconnect());
    const store = closeAfter(
      new RedisSessionStore({
        timeout: 4,
        async getClient() {
          await sleep(2000);
          return client;
        },
      }),
    );
    expect((await new Browser(appOn(store)).post("/visit")).status).to.equal(500);
    // getClient has taken half of the timeout. The client has two more seconds in which to connect.
    await proxy.pass();
    await waitUntil("the client to be ready", () => client.status === "ready");
    await setImmediate();
    // On the same connection, so after everything that the store has sent.
    expect(await client.dbsize()).to.equal(0);
  });

  it("is requested again if a slow getClient rejects after its request has timed out", async () => {
    let getClientCalls = 0;
    const gate = new Deferred();
    const store = closeAfter(
      new RedisSessionStore({
        timeout: 1,
        async getClient() {
          if (++getClientCalls > 1) return createClient({ url: redis.url });
          await gate.promise;
          throw new Error("The secrets cannot be loaded.");
        },
      }),
    );
    const site = appOn(store);
    expect((await new Browser(site).post("/visit")).status).to.equal(500);
    gate.resolve();
    await waitUntil("the store to work", () => works(site));
    expect(getClientCalls).to.equal(2);
    for (const error of site.errors as SessionError[]) {
      expect(error.cause).to.have.property("name", "TimeoutError");
    }
  });

  it("is requested again when it has stopped reconnecting", async () => {
    let getClientCalls = 0;
    const server = closeAfter(await RedisServer.start());
    const store = closeAfter(
      new RedisSessionStore({
        timeout: PATIENT,
        getClient() {
          getClientCalls++;
          return createClient({ url: server.url, socket: { reconnectStrategy: false } });
        },
      }),
    );
    const site = appOn(store);
    await visit(site);
    await server.restart();
    await waitUntil("the store to work again", () => works(site));
    expect(getClientCalls).to.be.within(2, 3);
  });

  it("is used again after it hung, even if the first reply after that is an error", async () => {
    const get = sinon.stub<[], Promise<string | null>>();
    get.onCall(0).returns(new Promise(() => {}));
    get.onCall(1).rejects(new Error("LOADING Redis is loading the dataset in memory"));
    get.resolves(null);
    const client = Object.assign(new EventEmitter(), {
      ...{ isOpen: true, isReady: true, get, set: async () => "OK", eval: async () => 1 },
      ...{ connect: async () => {}, withCommandOptions: () => client },
      ...{ increx: async () => [], select: async () => {} },
    });
    const store = new RedisSessionStore({ timeout: 1, getClient: (): any => client });
    const browser = new Browser(appOn(store));
    browser.setCookie("session", "A".repeat(43));
    await waitUntil("the store to work again", async () => {
      return (await browser.post("/visit")).status === 200;
    });
    expect(get.callCount).to.equal(3);
  });

  it("is not opened again after the application has closed it", async () => {
    const client = createClient({ url: redis.url });
    closeAfter(() => client.destroy());
    await client.connect();
    const store = closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient: () => client }));
    const site = appOn(store);
    await visit(site);
    await client.close();
    expect((await new Browser(site).post("/visit")).status).to.equal(500);
    expect(client.isOpen).to.equal(false);
    expect(String(site.errors[0])).to.contain("has been closed");
  });

  it("does not end the process when its server dies", async function () {
    this.timeout(60_000);
    const server = closeAfter(await RedisServer.start());
    const program = fileURLToPath(
      new URL("../support/programs/redis-survivor.ts", import.meta.url),
    );
    const { stdout } = await run(process.execPath, [
      ...["--import", "ts-blank-space/register", program, server.url],
      `${await pidOf(server)}`,
    ]);
    expect(stdout.trim().split("\n")).to.deep.equal(["200", "500", "alive"]);
  });
});

async function closeClient(client: any): Promise<void> {
  await (client.close ?? client.quit).call(client);
}

async function pidOf(server: RedisServer): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await server.cli("INFO", "server"))![1]);
}
