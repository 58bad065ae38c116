import { expect } from "chai";
import { useFakeTimers, type SinonFakeTimers } from "sinon";
import { createClient } from "redis";
import type { ExternalStore, SessionData } from "../../lib/index.js";
import { WriterQueue } from "../../lib/external/writer-queue.js";
import { RedisSessionStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { collectGarbage } from "../support/collect-garbage.js";
import { Deferred } from "../support/deferred.js";
import { MapStore } from "../support/map-store.js";
import { PATIENT } from "../support/patient.js";
import { RedisServer } from "../support/redis-server.js";
import { TableStore } from "../support/table-store.js";

/** Data of 2 KB, a counter and one key for each writer. */
type Written = SessionData & { count?: number; fill?: string };

/** An app in which many requests write to one session at the same moment. */
class Crowd {
  readonly app: App;
  #arrived = 0;
  #expected = 0;
  #allArrived = new Deferred();
  #id = "";

  constructor(store: ExternalStore) {
    this.app = app(
      { store, defaultSessionData: {} },
      {
        "/": ({ session }) => session.data,
        "/begin": ({ session }) => void (session.data.fill = "x".repeat(2000)),
        "/set": async ({ session, url }) => {
          await this.#untilAllArrived();
          session.data[`writer ${url.search.slice(1)}`] = true;
        },
        "/move": async ({ session, url }) => {
          await this.#untilAllArrived();
          session.data[`writer ${url.search.slice(1)}`] = true;
          await session.regenerate();
        },
        "/count": async ({ session }) => {
          await this.#untilAllArrived();
          await session.update((data) => void (data.count = (data.count ?? 0) + 1));
        },
      },
    );
  }

  async begin(): Promise<void> {
    const browser = new Browser(this.app);
    await browser.get("/begin");
    this.#id = browser.cookie("session")!;
  }

  /** Lets this crowd use the session of another one, over the same backend. */
  join(other: Crowd): void {
    this.#id = other.#id;
  }

  get(path: string): Promise<Response> {
    return new Browser(this.app).get(path, { cookie: `session=${this.#id}` });
  }

  /** Sends so many requests. Each writes only when all of them have loaded the session. */
  write(path: string, writers: number, first = 0): Promise<Response[]> {
    this.#arrived = 0;
    this.#expected = writers;
    this.#allArrived = new Deferred();
    return Promise.all(
      Array.from({ length: writers }, (_, writer) => this.get(`${path}?${first + writer}`)),
    );
  }

  async data(): Promise<Written> {
    return (await this.get("/")).json();
  }

  async #untilAllArrived(): Promise<void> {
    this.#arrived++;
    if (this.#arrived >= this.#expected) this.#allArrived.resolve();
    await this.#allArrived.promise;
  }
}

/** The number of writers whose change was kept. */
async function keptIn(crowd: Crowd, path: string): Promise<number> {
  const data = await crowd.data();
  if (path === "/count") return data.count ?? 0;
  return Object.keys(data).filter((key) => key.startsWith("writer ")).length;
}

/** Every hook answers later, like that of a database. */
const later = async (_hook: unknown, call: () => unknown): Promise<unknown> => {
  await new Promise(setImmediate);
  return call();
};

/** MapStore has a release() hook, so that its requests do not queue up. This store has none. */
function storeWithQueue(timeout: number): MapStore {
  return Object.defineProperty(new MapStore({ timeout }), "release", { value: undefined });
}

describe("Requests that write to one session at the same moment", () => {
  let store: MapStore;
  let crowd: Crowd;

  beforeEach(async () => {
    store = storeWithQueue(2);
    crowd = new Crowd(store);
    await crowd.begin();
  });

  for (const path of ["/set", "/count"]) {
    it(`all succeed with at most three calls of the backend each: ${path}`, async () => {
      store = storeWithQueue(PATIENT);
      crowd = new Crowd(store);
      await crowd.begin();
      store.interfereAlways(later);
      store.clearCalls();
      await crowd.write(path, 200);
      expect(crowd.app.errors).to.deep.equal([]);
      expect(store.calls.length).to.be.at.most(600);
      expect(await keptIn(crowd, path)).to.equal(200);
    });
  }

  it("all succeed over a slow network, even if the last one waits longer than the timeout of the store", async () => {
    store = storeWithQueue(1);
    crowd = new Crowd(store);
    await crowd.begin();
    store.interfereAlways(async (hook, call) => {
      if (hook === "update") await new Promise((resolve) => setTimeout(resolve, 20));
      return call();
    });
    await crowd.write("/set", 100);
    expect(crowd.app.errors).to.deep.equal([]);
    expect(await keptIn(crowd, "/set")).to.equal(100);
  });

  for (const path of ["/set", "/move"]) {
    it(`do not take an older record for the newest one if the reply to the writer before is late: ${path}`, async () => {
      const late = new Deferred();
      store.interfere("update", async (call) => {
        const answer = call();
        // Another process deletes what has just been written.
        store.record = store.record.replace(',"writer 1":true', "");
        await late.promise;
        return answer;
      });
      store.clearCalls();
      const first = crowd.write("/set", 1, 1);
      while (store.calls.length < 2) await new Promise(setImmediate);
      const second = crowd.write(path, 1, 1);
      while (store.calls.length < 3) await new Promise(setImmediate);
      await new Promise(setImmediate);
      late.resolve();
      await Promise.all([first, second]);
      expect(crowd.app.errors).to.deep.equal([]);
      expect(store.record).to.include('"writer 1":true');
    });
  }

  it("wait for a request that hangs no longer than the timeout of the store", async function () {
    this.timeout(60_000);
    store.interfereAlways(later);
    store.interfere("update", () => new Promise(() => {}));
    const start = performance.now();
    const responses = await crowd.write("/set", 20);
    // Two seconds, and patience for a busy machine. One after another, they would take 38 seconds.
    expect(performance.now() - start).to.be.below(15_000);
    expect(responses.filter(({ status }) => status !== 200)).to.have.length(1);
    expect(crowd.app.errors[0]).to.have.property("code", "ERR_SESSION_STORE");
    expect(await keptIn(crowd, "/set")).to.equal(19);
  });

  it("delay no request that comes later, even if one of them has failed", async () => {
    store.interfereAlways(later);
    store.interfere("update", () => {
      throw new Error("connection reset");
    });
    await crowd.write("/set", 20);
    expect(crowd.app.errors).to.have.length(1);
    store.clearCalls();
    await crowd.write("/set", 1, 1000);
    expect(store.calls).to.deep.equal(["read", "update"]);
  });

  it("do not wait for one another if the store has a release() hook, as with perRequest", async () => {
    const hanging = new Deferred();
    store = new MapStore({ timeout: PATIENT });
    crowd = new Crowd(store);
    await crowd.begin();
    store.interfere("update", async (call) => {
      await hanging.promise;
      return call();
    });
    const first = crowd.write("/set", 1, 1);
    while (store.calls.at(-1) !== "update") await new Promise(setImmediate);
    const [second] = await crowd.write("/set", 1, 2);
    expect(second!.status).to.equal(200);
    hanging.resolve();
    expect((await first)[0]!.status).to.equal(200);
    expect(await keptIn(crowd, "/set")).to.equal(2);
  });

  it("leave nothing in the memory of the process", async function () {
    this.timeout(120_000);
    const table = new Map();
    const crowds = new Crowd(new TableStore(table));
    /** Sessions with two writers each, one of which waits for the other. */
    async function visit(sessions: number): Promise<number> {
      for (let session = 0; session < sessions; session++) {
        await crowds.begin();
        await crowds.write("/set", 2);
      }
      expect(crowds.app.errors).to.deep.equal([]);
      table.clear();
      collectGarbage();
      return process.memoryUsage().heapUsed;
    }
    const before = await visit(500);
    const after = await visit(2000);
    expect((after - before) / 2000, "bytes for each session").to.be.below(200);
  });
});

describe("A writer in a queue", () => {
  let timers: SinonFakeTimers;
  beforeEach(() => {
    timers = useFakeTimers();
  });
  afterEach(() => timers.restore());

  it("waits for five timeouts at most, even if all turns before it succeed", async () => {
    const queue = new WriterQueue(1, () => true);
    const begins: number[] = [];
    const writers = Array.from({ length: 10 }, () =>
      queue.inTurn("key", async () => {
        begins.push(Date.now());
        await new Promise((resolve) => setTimeout(resolve, 900));
      }),
    );
    await timers.runAllAsync();
    await Promise.all(writers);
    expect(begins).to.deep.equal([0, 900, 1800, 2700, 3600, 4500, 5000, 5000, 5000, 5000]);
  });
});

describe("A writer in a queue of three", () => {
  it("waits for the second one, even if it comes when the first one is done", async () => {
    const queue = new WriterQueue(PATIENT, () => true);
    const [first, second] = [new Deferred(), new Deferred()];
    const ended: number[] = [];
    const write = (number: number, until: Promise<void>) =>
      queue.inTurn("key", async () => {
        await until;
        ended.push(number);
      });
    const writes = [write(1, first.promise), write(2, second.promise)];
    first.resolve();
    await writes[0];
    writes.push(write(3, Promise.resolve()));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ended).to.deep.equal([1]);
    second.resolve();
    await Promise.all(writes);
    expect(ended).to.deep.equal([1, 2, 3]);
  });

  it("learns of no record from a writer that has failed", async () => {
    const queue = new WriterQueue(PATIENT, () => true);
    const record = { text: "{}", created: 1, expires: 2 };
    const failing = queue.inTurn("key", async (turn) => {
      turn.newest = record;
      throw new Error("The backend has failed.");
    });
    const next = queue.inTurn("key", async ({ newest }) => newest);
    const [failed] = await Promise.allSettled([failing]);
    expect(failed.status).to.equal("rejected");
    expect(await next).to.equal(null);
  });
});

/*
 * workerd stops a request that waits for another one, or lets it hang: whether it does depends on what
 * the other one waits for. So this spec asks only whether there is a queue.
 */
describe("A writer on Cloudflare Workers", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  beforeEach(() => {
    const value = { userAgent: "Cloudflare-Workers" };
    Object.defineProperty(globalThis, "navigator", { value, configurable: true });
  });
  afterEach(() => {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else Reflect.deleteProperty(globalThis, "navigator");
  });

  it("waits for no other one", async () => {
    const queue = new WriterQueue(PATIENT, () => true);
    const first = new Deferred();
    const writing = queue.inTurn("key", () => first.promise);
    await queue.inTurn("key", async () => first.resolve());
    await writing;
  });
});

describe("Over Redis, requests that write to one session of 2 KB at the same moment", function () {
  this.timeout(60_000);
  let server: RedisServer;
  const stores: RedisSessionStore[] = [];

  before(async () => {
    server = await RedisServer.start();
  });
  after(async () => {
    for (const store of stores) await store.close();
    await server?.stop();
  });

  /** The requests of one process. */
  function crowdOfOneProcess(): Crowd {
    const getClient = () => createClient({ url: server.url });
    const store = new RedisSessionStore({ timeout: PATIENT, getClient });
    stores.push(store);
    return new Crowd(store);
  }

  /** The commands on records that the server has run since CONFIG RESETSTAT, in scripts, too. */
  async function commandsRun(): Promise<number> {
    const stats = await server.cli("INFO", "commandstats");
    const counts = [...stats.matchAll(/^cmdstat_(get|set|del|eval):calls=(\d+)/gm)];
    expect(counts, stats).to.not.equal([]);
    return counts.reduce((sum, [, , calls]) => sum + Number(calls), 0);
  }

  for (const path of ["/set", "/count"]) {
    it(`all succeed with at most eight commands each, if they are 200: ${path}`, async () => {
      const crowd = crowdOfOneProcess();
      await crowd.begin();
      await crowd.write("/set", 1, 1000);
      await server.cli("CONFIG", "RESETSTAT");
      await crowd.write(path, 200);
      const commands = await commandsRun();
      expect(crowd.app.errors).to.deep.equal([]);
      expect(await keptIn(crowd, path)).to.equal(path === "/count" ? 200 : 201);
      expect(commands).to.be.at.most(200 * 8);
    });
  }

  it("all succeed if they are 1000", async () => {
    const crowd = crowdOfOneProcess();
    await crowd.begin();
    const responses = await crowd.write("/set", 1000);
    expect(responses.filter(({ status }) => status !== 200)).to.have.length(0);
    expect(await keptIn(crowd, "/set")).to.equal(1000);
  });

  for (const path of ["/set", "/count"]) {
    it(`all succeed if they are 100 in each of two processes: ${path}`, async () => {
      const crowds = [crowdOfOneProcess(), crowdOfOneProcess()] as const;
      await crowds[0].begin();
      crowds[1].join(crowds[0]);
      await Promise.all(crowds.map((crowd, process) => crowd.write(path, 100, process * 100)));
      expect(crowds.flatMap((crowd) => crowd.app.errors)).to.deep.equal([]);
      expect(await keptIn(crowds[0], path)).to.equal(200);
    });
  }
});
