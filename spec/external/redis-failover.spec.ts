import { expect } from "chai";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisSessionStore } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisCluster } from "../support/redis-cluster.js";
import { waitUntil } from "../support/wait-until.js";

const SESSIONS_PER_CLIENT = 9;
/** Slots of the first master, as `redis-cli --cluster create` deals them out. */
const SLOTS_OF_FIRST = 5461;

/** Somebody who counts in his session all the time. */
class Visitor {
  isOnDeadMaster = false;
  acknowledged = 0;
  /** When, for what has been acknowledged. */
  readonly times: number[] = [];
  failures = 0;
  /** When the first visit after a failure was acknowledged. */
  backAt = Infinity;
  readonly browser: Browser;
  readonly #app: App;

  constructor(visited: App) {
    this.browser = new Browser(visited);
    this.#app = visited;
  }

  get lastError(): unknown {
    return this.#app.errors.at(-1);
  }

  get key(): string {
    const id = this.browser.cookie("session");
    return `session:${createHash("sha256").update(`session=${id}`).digest("base64url")}`;
  }

  async visit(): Promise<void> {
    const { status } = await this.browser.post("/count");
    if (status !== 200) {
      this.failures++;
      return;
    }
    this.acknowledged++;
    this.times.push(performance.now());
    if (this.failures > 0) this.backAt = Math.min(this.backAt, performance.now());
  }

  async count(): Promise<number> {
    return (await this.browser.get("/")).json();
  }
}

/**
 * What a failover may lose: Redis replicates asynchronously, so that a master may acknowledge a
 * write and die before its replica has got it. `min-replicas-to-write 1` with `min-replicas-max-lag
 * 1` makes a master that has lost its replica refuse writes after a second (NOREPLICAS: the request
 * fails, and nothing is lost in silence); `WAIT 1 <ms>` after a write, by an application that must
 * know, tells whether a replica has it.
 */
describe("A Redis Cluster under load that loses a master", function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  const stores: RedisSessionStore[] = [];
  const visitors: Visitor[] = [];
  let diedAt: number;

  before(async () => {
    // By default a whole cluster stops answering (CLUSTERDOWN) while a slot has no master.
    cluster = await RedisCluster.start(
      ...["--cluster-require-full-coverage", "no", "--cluster-node-timeout", "2000"],
    );
    for (const { create } of clientsOn("Cluster")) {
      const getClient = () => create({ nodes: cluster.nodes, stop: async () => {} });
      const store = new RedisSessionStore({ getClient });
      stores.push(store);
      const counted = app(
        { store, defaultSessionData: {} },
        {
          "/begin": (ctx) => (ctx.session.data.count = 0),
          "/count": (ctx) => ctx.session.update((data) => void data.count++),
          "/": (ctx) => ctx.session.data.count,
        },
      );
      for (let i = 0; i < SESSIONS_PER_CLIENT; i++) visitors.push(new Visitor(counted));
    }
    for (const visitor of visitors) {
      expect((await visitor.browser.post("/begin")).status).to.equal(200);
      const slot = Number(await cluster.nodes[0]!.cli("CLUSTER", "KEYSLOT", visitor.key));
      visitor.isOnDeadMaster = slot < SLOTS_OF_FIRST;
    }
    await killUnderLoad();
  });
  after(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await cluster?.stop();
  });

  async function killUnderLoad(): Promise<void> {
    const over = new AbortController();
    const load = visitors.map(async (visitor) => {
      while (!over.signal.aborted) {
        await visitor.visit();
        await sleep(50);
      }
    });
    await sleep(1500);
    expect(visitors.filter(({ failures }) => failures > 0)).to.have.length(0);
    diedAt = performance.now();
    await cluster.nodes[0]!.kill();
    try {
      const absent = () => visitors.filter(({ times }) => (times.at(-1) ?? 0) < diedAt + 3000);
      await waitUntil(
        "all sessions to be there again",
        () => {
          const [one, ...more] = absent();
          if (one) throw new Error(`${more.length + 1} are not`, { cause: one.lastError });
          return true;
        },
        30,
      );
    } finally {
      over.abort();
      await Promise.all(load);
    }
  }

  const affected = () => visitors.filter(({ isOnDeadMaster }) => isOnDeadMaster);
  const others = () => visitors.filter(({ isOnDeadMaster }) => !isOnDeadMaster);

  it("has had sessions on every master", () => {
    expect(affected()).to.have.length.above(0);
    expect(others()).to.have.length.above(0);
  });

  it("loses nothing of the sessions on the other masters, and stalls none of them", async () => {
    const backAt = Math.min(...affected().map((visitor) => visitor.backAt));
    for (const visitor of others()) {
      expect(visitor.failures).to.equal(0);
      expect(await visitor.count()).to.equal(visitor.acknowledged);
      expect(visitor.times.some((time) => time > diedAt && time < backAt)).to.equal(true);
    }
  });

  it("has the dead master's sessions again when its replica has been promoted", async () => {
    const failed = affected().filter(({ failures }) => failures > 0);
    expect(failed, "the kill was felt").to.have.length.above(0);
    for (const visitor of affected()) {
      const count = await visitor.count();
      const replicated = visitor.times.filter(
        (time) => time < diedAt - 1000 || time > diedAt + 3000,
      );
      expect(count).to.be.at.least(replicated.length);
      // A failure that was none after all, since only the reply was lost, counts once.
      expect(count).to.be.at.most(visitor.acknowledged + visitor.failures);
    }
  });
});
