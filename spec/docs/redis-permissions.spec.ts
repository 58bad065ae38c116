import { expect } from "chai";
import * as ioredis6 from "ioredis";
import * as ioredis5 from "ioredis5";
import { createClient, createCluster, createSentinel } from "redis";
import { RedisSessionStore, type RedisClient } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { redisCli } from "../support/redis-cli.js";
import { deployRedis, type RedisTopology } from "../support/redis-deployments.js";
import { Document } from "./document.js";

const guide = new Document("docs/redis.md");
const [user, sentinelUser] = guide.blocksIn("text").map(({ text }) => text.trim().split(" "));
const inCluster = /In a Cluster, add `([^`]*)`/.exec(guide.text)![1]!.split(/\s+/);

/** What the clients log in with, as in the guide. */
const auth = { username: "sessions", password: "PASSWORD" };

describe("The users in the guide to Redis have enough permissions", function () {
  this.timeout(90_000);
  const closeAfter = closesAfterEach();

  for (const topology of ["one node", "Sentinel", "Cluster"] as const) {
    it(`on ${topology}`, async () => {
      const { nodes, sentinel } = closeAfter(await deployRedis(topology));
      const more = topology === "Cluster" ? inCluster : [];
      for (const { port } of nodes) expect(await redisCli(port, ...user!, ...more)).to.equal("OK");
      if (sentinel) expect(await redisCli(sentinel.port, ...sentinelUser!)).to.equal("OK");

      const address = { host: "127.0.0.1", port: (sentinel ?? nodes[0]!).port };
      for (const [title, getClient] of Object.entries(clientsOf(topology, address))) {
        const store = closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient }));
        await store.ping();
        expect(await statusesOfALife(store), title).to.deep.equal([200, 200, 200, 200, 200]);
      }
      // Clients ignore that some commands are denied.
      for (const { port } of sentinel ? [...nodes, sentinel] : nodes) {
        expect(await deniedCommands(port)).to.deep.equal([]);
      }
    });
  }
});

/** Without the command that newer servers know and the guide leaves out. */
async function deniedCommands(port: number): Promise<string[]> {
  const log = await redisCli(port, "ACL", "LOG");
  const commands = [...log.matchAll(/^object\n(.*)$/gm)].map((match) => match[1]!);
  return commands.filter((command) => command !== "client|setinfo");
}

/** A session that is created, read and changed, moved, and ended. */
async function statusesOfALife(store: RedisSessionStore): Promise<number[]> {
  const browser = new Browser(app({ store }, ROUTES));
  const statuses: number[] = [];
  for (const path of ["/change", "/change", "/update", "/regenerate", "/destroy"]) {
    statuses.push((await browser.post(path)).status);
  }
  return statuses;
}

const ROUTES: Parameters<typeof app>[1] = {
  "/change": ({ session }) => (session.data["n"] = (session.data["n"] ?? 0) + 1),
  "/update": ({ session }) => session.update((data) => void (data["n"] = 0)),
  "/regenerate": ({ session }) => session.regenerate(),
  "/destroy": ({ session }) => session.destroy(),
};

interface Address {
  readonly host: string;
  readonly port: number;
}

function clientsOf(topology: RedisTopology, at: Address): Record<string, () => RedisClient> {
  return {
    "node-redis": nodeRedis(at)[topology],
    "ioredis 6": ioredis(ioredis6, at)[topology],
    "ioredis 5": ioredis(ioredis5 as unknown as typeof ioredis6, at)[topology],
  };
}

function nodeRedis({ host, port }: Address): Record<RedisTopology, () => RedisClient> {
  const url = `redis://${host}:${port}`;
  return {
    "one node": () => createClient({ ...auth, url, database: 1, name: "app", pingInterval: 10 }),
    Cluster: () => createCluster({ rootNodes: [{ url }], defaults: auth }),
    Sentinel: () =>
      createSentinel({
        ...{ name: "sessions", sentinelRootNodes: [{ host, port }], scanInterval: 100 },
        ...{ nodeClientOptions: auth, sentinelClientOptions: auth },
      }),
  };
}

function ioredis(
  { Cluster, Redis }: typeof ioredis6,
  at: Address,
): Record<RedisTopology, () => RedisClient> {
  const lazyConnect = true;
  const options = { ...auth, lazyConnect, connectionName: "app" };
  return {
    "one node": () => new Redis({ ...at, ...options, db: 1 }),
    Cluster: () => new Cluster([at], { lazyConnect, redisOptions: options }),
    Sentinel: () =>
      new Redis({
        ...{ name: "sessions", sentinels: [at], failoverDetector: true, ...options },
        ...{ sentinelUsername: auth.username, sentinelPassword: auth.password },
      }),
  };
}
