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
/** The number of slots that `redis-cli --cluster create` gives to the first master. */
const SLOTS_OF_FIRST = 5461;

/** A visitor whose requests increment a counter in the session all the time. */
class Visitor {
  isOnDeadMaster = false;
  acknowledged = 0;
  /** The times of the acknowledged visits, in milliseconds of `performance.now()`. */
  readonly times: number[] = [];
  failures = 0;
  /** The time of the first acknowledged visit after a failure. */
  backAt = Infinity;
  readonly browser: Browser;
  readonly #app: App;

  constructor(site: App) {
    this.browser = new Browser(site);
    this.#app = site;
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
 * A failover can lose writes: Redis replicates asynchronously, so a master can acknowledge a write
 * and die before its replica has received it. With `min-replicas-to-write 1` and
 * `min-replicas-max-lag 1`, a master that has lost its replica rejects writes after a second
 * (NOREPLICAS): the request fails, and nothing is lost silently. An application that must know
 * whether a replica has received a write can send `WAIT 1 <ms>` after it.
 */
describe("A Redis Cluster under load that loses a master", function () {
  this.timeout(180_000);
  let cluster: RedisCluster;
  const stores: RedisSessionStore[] = [];
  const visitors: Visitor[] = [];
  let diedAt: number;

  before(async () => {
    // By default the whole cluster stops answering (CLUSTERDOWN) while a slot has no master.
    cluster = await RedisCluster.start(2000, "--cluster-require-full-coverage", "no");
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
    const stop = new AbortController();
    const load = visitors.map(async (visitor) => {
      while (!stop.signal.aborted) {
        await visitor.visit();
        await sleep(50);
      }
    });
    try {
      await sleep(1500);
      expect(visitors.filter(({ failures }) => failures > 0)).to.have.length(0);
      diedAt = performance.now();
      await cluster.nodes[0]!.kill();
      const unavailable = () => visitors.filter(({ times }) => (times.at(-1) ?? 0) < diedAt + 3000);
      await waitUntil(
        "all sessions to be available again",
        () => {
          const [one, ...more] = unavailable();
          if (one)
            throw new Error(`${more.length + 1} sessions are not available`, {
              cause: one.lastError,
            });
          return true;
        },
        30,
      );
    } finally {
      stop.abort();
      await Promise.all(load);
    }
  }

  const affected = () => visitors.filter(({ isOnDeadMaster }) => isOnDeadMaster);
  const others = () => visitors.filter(({ isOnDeadMaster }) => !isOnDeadMaster);

  it("had sessions on the dead master and on the other masters", () => {
    expect(affected()).to.have.length.above(0);
    expect(others()).to.have.length.above(0);
  });

  it("serves the sessions on the other masters without a failure during the outage", async () => {
    const backAt = Math.min(...affected().map((visitor) => visitor.backAt));
    for (const visitor of others()) {
      expect(visitor.failures).to.equal(0);
      expect(await visitor.count()).to.equal(visitor.acknowledged);
      expect(visitor.times.some((time) => time > diedAt && time < backAt)).to.equal(true);
    }
  });

  it("serves the sessions of the dead master again after the promotion of its replica", async () => {
    const failed = affected().filter(({ failures }) => failures > 0);
    expect(failed, "the visitors whose requests failed").to.have.length.above(0);
    for (const visitor of affected()) {
      const count = await visitor.count();
      const replicated = visitor.times.filter(
        (time) => time < diedAt - 1000 || time > diedAt + 3000,
      );
      expect(count).to.be.at.least(replicated.length);
      // A failed visit has still counted once if only its reply was lost.
      expect(count).to.be.at.most(visitor.acknowledged + visitor.failures);
    }
  });
});
