import { expect } from "chai";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis5";
import { createCluster, createSentinel } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { PATIENT } from "../support/patient.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { waitUntil } from "../support/wait-until.js";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Clients that reach the servers through proxies. */
interface ProxiedClients {
  readonly topology: "Cluster" | "Sentinel";
  readonly title: string;
  create(deployment: RedisDeployment, proxyOf: Record<string, Address>): any;
}

const LAZY = { lazyConnect: true };
const sentinels = ({ sentinel }: RedisDeployment) => [{ host: "127.0.0.1", port: sentinel!.port }];
const roots = ({ nodes }: RedisDeployment) =>
  nodes.map(({ port }) => ({ host: "127.0.0.1", port }));

const CLIENTS: ProxiedClients[] = [
  {
    topology: "Sentinel",
    title: "node-redis 6",
    create: (deployment, proxyOf) =>
      createSentinel({
        name: deployment.sentinel!.name,
        sentinelRootNodes: sentinels(deployment),
        nodeAddressMap: (address) => proxyOf[address],
      }),
  },
  ...[Redis, Redis5 as unknown as typeof Redis].map((Client, index) => ({
    topology: "Sentinel" as const,
    title: `ioredis ${6 - index}`,
    create: (deployment: RedisDeployment, natMap: Record<string, Address>) =>
      new Client({
        name: deployment.sentinel!.name,
        sentinels: sentinels(deployment),
        natMap,
        ...LAZY,
      }),
  })),
  {
    topology: "Cluster",
    title: "node-redis 6",
    create: (deployment, proxyOf) =>
      createCluster({
        rootNodes: deployment.nodes.map(({ url }) => ({ url })),
        nodeAddressMap: (address) => proxyOf[address],
      }),
  },
  ...[Cluster, Cluster5 as unknown as typeof Cluster].map((Client, index) => ({
    topology: "Cluster" as const,
    title: `ioredis ${6 - index}`,
    create: (deployment: RedisDeployment, natMap: Record<string, Address>) =>
      new Client(roots(deployment), { natMap, ...LAZY }),
  })),
];

for (const topology of ["Sentinel", "Cluster"] as const) {
  describe(`A connection that is lost before the reply, with ${topology}`, () => {
    let deployment: RedisDeployment;
    const proxies: TcpProxy[] = [];
    const proxyOf: Record<string, Address> = {};
    const stores: RedisSessionStore[] = [];

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
      for (const { port } of deployment.nodes) {
        const proxy = await TcpProxy.to(port);
        proxies.push(proxy);
        proxyOf[`127.0.0.1:${port}`] = { host: "127.0.0.1", port: proxy.port };
      }
    });
    after(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await deployment?.stop();
    });

    for (const { title, create } of CLIENTS.filter((client) => client.topology === topology)) {
      it(`makes no update() count twice (${title})`, async () => {
        let meanwhile: () => unknown = () => {};
        const store = new RedisSessionStore({
          timeout: PATIENT,
          getClient: () => create(deployment, proxyOf),
        });
        stores.push(store);
        const counted = app(
          { store, defaultSessionData: { count: 0 } },
          {
            "/": (ctx) => ctx.session.data.count,
            "/begin": (ctx) => (ctx.session.data.begun = true),
            "/count": async (ctx) => {
              await meanwhile();
              await ctx.session.update((data) => void data.count++);
            },
          },
        );
        const browser = new Browser(counted);
        await browser.post("/begin");
        let expected = 0;
        for (let round = 1; round <= 2; round++) {
          meanwhile = () => Promise.all(proxies.map((proxy) => proxy.cutBeforeReply(1)));
          const { status } = await browser.post("/count");
          meanwhile = () => {};
          for (const proxy of proxies) await proxy.pass();
          expect(status).to.be.oneOf([200, 500]);
          let count: number | undefined;
          await waitUntil("the session", async () => {
            const response = await browser.get("/");
            if (response.status === 200) count = await response.json();
            return response.status === 200;
          });
          expected++;
          expect(count).to.equal(expected);
        }
      });
    }
  });
}
