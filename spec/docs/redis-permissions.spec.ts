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

const forOwner = /For the option `owner`, add `([^`]*)`/.exec(guide.text)![1]!.split(/\s+/);

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
      for (const { port } of nodes) await redisCli(port, ...user!, ...more, ...forOwner);
      for (const [title, getClient] of Object.entries(clientsOf(topology, address))) {
        await useOwner(closeAfter(ownerStore(getClient)), title);
      }
      // Clients ignore that some commands are denied.
      for (const { port } of sentinel ? [...nodes, sentinel] : nodes) {
        expect(await deniedCommands(port)).to.deep.equal([]);
      }
    });
  }

  it("which the option owner needs: each of those to add", async () => {
    const { nodes } = closeAfter(await deployRedis("one node"));
    const [{ port }] = nodes as [(typeof nodes)[0]];
    expect(forOwner).to.have.length.above(1);
    for (const command of forOwner) {
      await redisCli(port, ...user!, ...forOwner, command.replace("+", "-"));
      await redisCli(port, "ACL", "LOG", "RESET");
      const getClient = clientsOf("one node", { host: "127.0.0.1", port })["node-redis"]!;
      await useOwner(closeAfter(ownerStore(getClient)), command).catch(() => {});
      expect(await deniedCommands(port)).to.include(command.slice(1));
    }
  });
});

function ownerStore(getClient: () => RedisClient): RedisSessionStore {
  const owner = (data: { user?: string }) => data.user;
  return new RedisSessionStore({ timeout: PATIENT, getClient, owner });
}

/** All that the option owner adds. */
async function useOwner(store: RedisSessionStore, title: string): Promise<void> {
  const site = app({ store }, ROUTES);
  const browsers = Array.from({ length: 4 }, () => new Browser(site));
  // A log-out does not fail if only its entry cannot be removed.
  for (const path of ["/login", "/regenerate"]) {
    for (const browser of browsers) expect((await browser.post(path)).status, title).to.equal(200);
  }
  await browsers[0]!.post("/destroy");
  const { id } = (await store.sessionsOf("ada"))[0]!;
  expect(await store.endSession(id, { owner: "ada" })).to.equal(true);
  expect(await store.endSessionsOf("ada")).to.equal(2);
}

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
  "/login": ({ session }) => (session.data["user"] = "ada"),
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
