import { expect } from "chai";
import { createCluster, createSentinel } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { PATIENT } from "../support/patient.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";
import { RedisMonitor } from "../support/redis-monitor.js";

const KEY_PREFIX = "session:app:";

/** Clients of node-redis that may read from replicas. */
const CLIENTS = {
  Cluster: ({ nodes }: RedisDeployment) =>
    createCluster({
      rootNodes: nodes.map(({ url }) => ({ url })),
      useReplicas: true,
      keyPrefix: KEY_PREFIX,
    }),
  Sentinel: ({ sentinel }: RedisDeployment) =>
    createSentinel({
      name: sentinel!.name,
      sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel!.port }],
      replicaPoolSize: 1,
      keyPrefix: KEY_PREFIX,
    }),
};

for (const topology of ["Cluster", "Sentinel"] as const) {
  describe(`RedisSessionStore on ${topology}`, () => {
    let deployment: RedisDeployment;
    let replicas: RedisMonitor;
    let masters: RedisMonitor;
    let store: RedisSessionStore;

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
      const { nodes } = deployment;
      masters = await RedisMonitor.on(...nodes.slice(0, nodes.length / 2));
      replicas = await RedisMonitor.on(...nodes.slice(nodes.length / 2));
      const getClient = (): any => CLIENTS[topology](deployment);
      store = new RedisSessionStore({ timeout: PATIENT, getClient });
    });
    after(async () => {
      await store?.close();
      masters?.close();
      replicas?.close();
      await deployment?.stop();
    });

    it("reads sessions from the masters, although its client may read from replicas", async () => {
      const site = app(
        { store, defaultSessionData: { visits: 0 } },
        { "/": (ctx) => ctx.session.data.visits, "/visit": (ctx) => ++ctx.session.data.visits },
      );
      const browsers = Array.from({ length: 6 }, () => new Browser(site));
      let reads: string[][] = [];
      const onReplicas = await replicas.during(async () => {
        reads = await masters.during(async () => {
          for (const browser of browsers) {
            await browser.post("/visit");
            for (let i = 0; i < 3; i++) {
              expect(await (await browser.get("/")).json()).to.equal(1);
            }
          }
        });
      });
      const gets = (commands: string[][]) => commands.filter(([name]) => name === "GET");
      expect(gets(reads)).to.have.length(18);
      // The option of the client applies to reads as it does to writes.
      for (const [, key] of gets(reads)) expect(key).to.match(/^session:app:session:/);
      // Replicas get what the masters write.
      expect(gets(onReplicas)).to.deep.equal([]);
    });
  });
}
