import { expect } from "chai";
import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { createClient, RESP_TYPES } from "redis";
import { createClient as createClient4, createCluster as createCluster4 } from "redis4";
import { createClient as createClient5 } from "redis5";
import sinon from "sinon";
import { RedisSessionStore, SessionError, type RedisClient } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { collectGarbage } from "../support/collect-garbage.js";
import { Deferred } from "../support/deferred.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

const run = promisify(execFile);
/** It has no types. */
const redis3 = createRequire(import.meta.url)("redis3");

describe("RedisSessionStore's client", () => {
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());

  const visits = (store: RedisSessionStore) =>
    app(
      { store, defaultSessionData: { hits: 0 } },
      { "/": (ctx) => ctx.session.data, "/visit": (ctx) => ++ctx.session.data.hits },
    );
  const connections = async () => {
    const list = await redis.cli("CLIENT", "LIST", "TYPE", "normal");
    return list.split("\n").filter((line) => !line.includes("cmd=client")).length;
  };
  const visit = async (visited: App) => {
    const response = await new Browser(visited).post("/visit");
    expect(visited.errors).to.deep.equal([]);
    expect(response.status).to.equal(200);
  };

  for (const { title, create } of clientsOn("one node")) {
    describe(`of ${title}`, () => {
      let asked: number;
      let client: RedisClient;
      let store: RedisSessionStore;

      beforeEach(async () => {
        asked = 0;
        await waitUntil(
          "the last spec's connections to end",
          async () => (await connections()) === 0,
        );
        store = new RedisSessionStore({
          getClient() {
            asked++;
            return (client = create({ nodes: [redis], stop: async () => {} }));
          },
        });
      });
      afterEach(() => store.close());

      it("is one, opened by the store, however many requests come at once", async () => {
        const visited = visits(store);
        expect(asked).to.equal(0);
        await Promise.all(Array.from({ length: 20 }, () => visit(visited)));
        await visit(visited);
        expect(asked).to.equal(1);
        // A pool makes as many as it wants.
        if (!title.includes("pool")) expect(await connections()).to.equal(1);
      });

      it("is closed by close(), and asked for again after that", async () => {
        const visited = visits(store);
        await visit(visited);
        await store.close();
        await waitUntil("no connection", async () => (await connections()) === 0);
        await visit(visited);
        expect(asked).to.equal(2);
      });

      it("is used as it is and left open when somebody else has opened it", async () => {
        const mine = create({ nodes: [redis], stop: async () => {} });
        await mine.connect();
        const other = new RedisSessionStore({ getClient: () => mine });
        try {
          await visit(visits(other));
          const before = await connections();
          await other.close();
          expect(await mine.set("key", "value")).to.equal("OK");
          expect(await connections()).to.equal(before);
          await visit(visits(other));
        } finally {
          await endOf(mine);
        }
      });

      it("may be shared by many stores, of which those that were closed leave nothing behind", async () => {
        const mine = create({ nodes: [redis], stop: async () => {} });
        await mine.connect();
        const useAndClose = async (prefix: string) => {
          const getClient = () => mine;
          const one = new RedisSessionStore({ getClient, prefix });
          await visit(visits(one));
          if (prefix === "1:") {
            // Its user has closed the client, which the store has seen.
            await endOf(mine);
            expect((await new Browser(visits(one)).post("/visit")).status).to.equal(500);
          }
          await one.close();
          if (prefix === "1:") await mine.connect();
          return new WeakRef(getClient); // held by what listens to the client
        };
        try {
          const closed: WeakRef<() => RedisClient>[] = [];
          for (let tenant = 1; tenant <= 12; tenant++) closed.push(await useAndClose(`${tenant}:`));
          for (const event of ["error", "ready", "close"]) {
            expect((mine as unknown as EventEmitter).listenerCount(event)).to.be.at.most(2);
          }
          await waitUntil("what the stores were made of to be collected", () => {
            collectGarbage();
            return closed.every((one) => one.deref() === undefined);
          });
        } finally {
          await endOf(mine);
        }
      });

      it("may be promised", async () => {
        const other = new RedisSessionStore({
          getClient: async () => create({ nodes: [redis], stop: async () => {} }),
        });
        await visit(visits(other));
        await other.close();
      });

      it("is closed by close() while a request is opening it, too", async () => {
        const visiting = new Browser(visits(store)).post("/visit");
        await waitUntil("the client to be asked for", () => asked === 1);
        await Promise.all([visiting, store.close()]);
        await store.close();
        await waitUntil("no connection", async () => (await connections()) === 0);
        expect(client).to.not.equal(undefined);
      });
    });
  }

  for (const [title, create] of [
    ["ioredis 6", () => new Redis(redis.url)],
    ["ioredis 5", () => new Redis5(redis.url)],
  ] as const) {
    it(`of ${title} may be connecting by itself when the first request comes`, async () => {
      let client: Redis | Redis5 | undefined;
      const store = new RedisSessionStore({ getClient: () => (client = create()) });
      await visit(visits(store));
      await store.close();
      expect(client!.status).to.equal("ready");
      client!.disconnect();
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
    [
      "node-redis 5",
      () => {
        const typeMapping = { ...numberAsText, ...textAsBuffer };
        return createClient5({ url: redis.url, commandOptions: { typeMapping } });
      },
    ],
  ] as const) {
    it(`of ${title} may be set to give numbers and texts as something else`, async () => {
      const store = new RedisSessionStore({ getClient: (): RedisClient => create() });
      const visited = app(
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
      const browser = new Browser(visited);
      for (const path of ["/visit", "/update", "/regenerate"]) await browser.get(path);
      expect(await (await browser.get("/visit")).json()).to.equal(3);
      expect(visited.errors).to.deep.equal([]);
      await store.close();
    });
  }

  it("is called again when the server is back, although the clock of the day has been set back", async () => {
    const server = await RedisServer.start();
    const store = new RedisSessionStore({
      timeout: 1,
      getClient: () => createClient({ url: server.url }),
    });
    const visited = visits(store);
    await visit(visited);
    server.pause();
    expect((await new Browser(visited).post("/visit")).status).to.equal(500);
    const clock = sinon.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    server.resume();
    await waitUntil("the store to work again", async () => {
      return (await new Browser(visited).post("/visit")).status === 200;
    });
    clock.restore();
    await store.close();
    await server.stop();
  });

  it("is asked for again after a start that failed", async () => {
    let asked = 0;
    const store = new RedisSessionStore({
      getClient() {
        if (++asked === 1) throw new Error("The secrets are not there yet.");
        return createClient({ url: redis.url });
      },
    });
    const visited = visits(store);
    expect((await new Browser(visited).post("/visit")).status).to.equal(500);
    expect((visited.errors[0] as SessionError).code).to.equal("ERR_SESSION_STORE");
    expect((await new Browser(visited).post("/visit")).status).to.equal(200);
    await store.close();
  });

  for (const waitsInVain of [1, 2]) {
    it(`is asked for once when it comes after ${waitsInVain} waited for it in vain`, async () => {
      let asked = 0;
      const gate = new Deferred();
      const store = new RedisSessionStore({
        timeout: 1,
        async getClient() {
          asked++;
          await gate.promise;
          return createClient({ url: redis.url });
        },
      });
      const visited = visits(store);
      const waitInVain = async () => {
        const start = performance.now();
        expect((await new Browser(visited).post("/visit")).status).to.equal(500);
        return performance.now() - start > 900;
      };
      for (let i = 0; i < waitsInVain; i++) {
        // Those that come while the store rests fail at once.
        await waitUntil("a request to wait for the client", waitInVain);
      }
      gate.resolve();
      await waitUntil("the store to work", async () => {
        return (await new Browser(visited).post("/visit")).status === 200;
      });
      expect(asked).to.equal(1);
      await store.close();
    });
  }

  it("that came too late for those who waited for it is listened to like any other", async () => {
    const server = await RedisServer.start();
    const gate = new Deferred();
    const store = new RedisSessionStore({
      timeout: 1,
      async getClient() {
        await gate.promise;
        return createClient({ url: server.url });
      },
    });
    const visited = visits(store);
    const visitInVain = async () => {
      expect((await new Browser(visited).post("/visit")).status).to.equal(500);
      return visited.errors.pop() as { cause?: { name: string; code?: string } };
    };
    let waits = 0;
    await waitUntil("two to have waited for the client", async () => {
      if ((await visitInVain()).cause?.name === "TimeoutError") waits++;
      return waits === 2;
    });
    await server.kill();
    gate.resolve();
    await waitUntil("the reason to be told", async () => {
      return (await visitInVain()).cause?.code === "ECONNREFUSED";
    });
    await store.close();
    await server.stop();
  });

  it("is asked for again when getClient never ends, after two who have waited for it", async () => {
    let asked = 0;
    const store = new RedisSessionStore({
      timeout: 1,
      getClient() {
        return ++asked === 1 ? new Promise(() => {}) : createClient({ url: redis.url });
      },
    });
    const visited = visits(store);
    await waitUntil("the store to work", async () => {
      return (await new Browser(visited).post("/visit")).status === 200;
    });
    expect(asked).to.equal(2);
    await store.close();
  });

  it("is asked for again when it has given up", async () => {
    let asked = 0;
    const server = await RedisServer.start();
    const store = new RedisSessionStore({
      getClient() {
        asked++;
        return createClient({ url: server.url, socket: { reconnectStrategy: false } });
      },
    });
    const visited = visits(store);
    await visit(visited);
    await server.restart();
    await waitUntil("the store to work again", async () => {
      return (await new Browser(visited).post("/visit")).status === 200;
    });
    expect(asked).to.be.within(2, 3);
    await store.close();
    await server.stop();
  });

  it("that has hung is called again, although the call that tried it got an error", async () => {
    const get = sinon.stub<[], Promise<string | null>>();
    get.onCall(0).returns(new Promise(() => {}));
    get.onCall(1).rejects(new Error("LOADING Redis is loading the dataset in memory"));
    get.resolves(null);
    const pool = Object.assign(new EventEmitter(), {
      ...{ isOpen: true, isReady: true, get, set: async () => "OK", evalSha: async () => 1 },
      ...{ connect: async () => {}, withCommandOptions: () => pool },
    });
    const store = new RedisSessionStore({ timeout: 1, getClient: (): any => pool });
    const browser = new Browser(visits(store));
    browser.setCookie("session", "A".repeat(43));
    await waitUntil("the store to work again", async () => {
      return (await browser.post("/visit")).status === 200;
    });
    expect(get.callCount).to.equal(3);
  });

  it("that was about to take the place of another is closed by close(), too", async () => {
    // As a Cluster of node-redis 5, which is replaced when a call of it has timed out.
    class Cluster extends EventEmitter {
      readonly slots = [];
      readonly get: () => Promise<null>;
      isOpen = false;
      constructor(get: () => Promise<null>) {
        super();
        this.get = get;
      }
      withCommandOptions() {
        return this;
      }
      async evalSha() {
        return 1;
      }
      async connect() {
        if (clusters.length > 1) await gate.promise;
        this.isOpen = true;
      }
      async close() {
        this.isOpen = false;
      }
      async destroy() {
        this.isOpen = false;
      }
    }
    const clusters: Cluster[] = [];
    const gate = new Deferred();
    const store = new RedisSessionStore({
      timeout: 1,
      getClient(): any {
        clusters.push(new Cluster(() => new Promise(() => {})));
        return clusters.at(-1);
      },
    });
    const browser = new Browser(visits(store));
    browser.setCookie("session", "A".repeat(43));
    expect((await browser.post("/visit")).status).to.equal(500);
    expect(clusters).to.have.length(2);
    const closing = store.close();
    gate.resolve();
    await closing;
    expect(clusters.map(({ isOpen }) => isOpen)).to.deep.equal([false, false]);
  });

  it("is not opened again by the store when its user has closed it", async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    const store = new RedisSessionStore({ getClient: () => client });
    const visited = visits(store);
    await visit(visited);
    await client.close();
    expect((await new Browser(visited).post("/visit")).status).to.equal(500);
    expect(client.isOpen).to.equal(false);
    expect(String(visited.errors[0])).to.contain("has been closed");
  });

  describe("that is no use", () => {
    for (const [title, create] of [
      ["one of node-redis 3", () => redis3.createClient(redis.url)],
      ["the legacy() of node-redis 6", () => createClient({ url: redis.url }).legacy()],
      ["the legacy() of node-redis 5", () => createClient5({ url: redis.url }).legacy()],
      [
        "one in the legacyMode of node-redis 4",
        () => createClient4({ url: redis.url, legacyMode: true }),
      ],
      ["a Cluster of node-redis 4", () => createCluster4({ rootNodes: [redis] })],
      ["none at all", () => undefined],
      ["a function", () => createClient],
    ] as const) {
      it(`is refused: ${title}`, async () => {
        let asked = 0;
        const made: any[] = [];
        const store = new RedisSessionStore({
          getClient(): any {
            asked++;
            made.push(create());
            return made[0];
          },
        });
        const visited = visits(store);
        for (let i = 0; i < 2; i++) {
          expect((await new Browser(visited).post("/visit")).status).to.equal(500);
        }
        for (const error of visited.errors) {
          expect(error).to.be.an.instanceOf(SessionError);
          expect(error)
            .to.have.property("message")
            .that.includes("node-redis 5 or newer")
            .and.includes("ioredis 5 or newer");
        }
        expect(asked).to.equal(1);
        made[0]?.quit?.();
      });
    }
  });

  it("does not end the process when its server dies", async function () {
    this.timeout(20_000);
    const server = await RedisServer.start();
    const program = fileURLToPath(
      new URL("../support/programs/redis-survivor.ts", import.meta.url),
    );
    const { stdout } = await run(process.execPath, [
      ...["--import", "ts-blank-space/register", program, server.url],
      `${await pidOf(server)}`,
    ]);
    expect(stdout.trim().split("\n")).to.deep.equal(["200", "500", "alive"]);
    await server.stop();
  });
});

async function endOf(client: any): Promise<void> {
  await (client.close ?? client.quit).call(client);
}

async function pidOf(server: RedisServer): Promise<number> {
  return Number(/process_id:(\d+)/.exec(await server.cli("INFO", "server"))![1]);
}
