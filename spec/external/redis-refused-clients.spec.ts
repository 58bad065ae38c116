import { expect } from "chai";
import { createRequire } from "node:module";
import { Cluster, Redis } from "ioredis";
import { Cluster as Cluster5, Redis as Redis5 } from "ioredis5";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import * as redis4 from "redis4";
import * as redis5 from "redis5";
import { RedisSessionStore, SessionError } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { endClient } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";

/** The package has no types. */
const redis3 = createRequire(import.meta.url)("redis3");

describe("RedisSessionStore refuses", () => {
  const closeAfter = closesAfterEach();
  let redis: RedisServer;

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis?.stop());

  const node = () => ({ host: "127.0.0.1", port: redis.port });
  const ofSentinel = () => ({ name: "sessions", sentinelRootNodes: [node()] });
  const slaves = () => ({ name: "sessions", sentinels: [node()], role: "slave" as const });
  const lazyConnect = true;

  const OLD = "use redis 6";
  const CACHED = "remove its option clientSideCache";
  const UNKNOWN = "return one of node-redis 6";
  const clients: [title: string, create: () => unknown, objection: string][] = [
    ["a client of node-redis 5", () => redis5.createClient({ url: redis.url }), OLD],
    ["a pool of node-redis 5", () => redis5.createClientPool({ url: redis.url }), OLD],
    ["a Cluster of node-redis 5", () => redis5.createCluster({ rootNodes: [redis] }), OLD],
    ["a Sentinel client of node-redis 5", () => redis5.createSentinel(ofSentinel()), OLD],
    ["a client of node-redis 4", () => redis4.createClient({ url: redis.url }), OLD],
    ["a Cluster of node-redis 4", () => redis4.createCluster({ rootNodes: [redis] }), OLD],
    [
      "a client of node-redis 4 in legacyMode",
      () => redis4.createClient({ url: redis.url, legacyMode: true }),
      OLD,
    ],
    ["a client of node-redis 3", () => redis3.createClient(redis.url), UNKNOWN],
    ["the legacy() client of node-redis", () => createClient({ url: redis.url }).legacy(), UNKNOWN],
    ["undefined", () => undefined, UNKNOWN],
    ["a function", () => createClient, UNKNOWN],
    [
      "a client of node-redis with a cache of its own",
      () => createClient({ url: redis.url, clientSideCache: { ttl: 1000 } }),
      CACHED,
    ],
    [
      "a pool of node-redis",
      () => createClientPool({ url: redis.url }),
      "use createClient() in place of a pool",
    ],
    [
      "a Cluster of node-redis with a cache of its own",
      () => createCluster({ rootNodes: [redis], clientSideCache: { ttl: 1000 } }),
      CACHED,
    ],
    [
      "a Sentinel client of node-redis with a cache of its own",
      () => createSentinel({ ...ofSentinel(), clientSideCache: { ttl: 1000 } }),
      CACHED,
    ],
    [
      "a Cluster of ioredis that reads from replicas",
      () => new Cluster([node()], { scaleReads: "slave", lazyConnect }),
      "remove its option scaleReads",
    ],
    [
      "a Cluster of ioredis 5 that reads from all nodes",
      () => new Cluster5([node()], { scaleReads: "all", lazyConnect }),
      "remove its option scaleReads",
    ],
    [
      "a client of ioredis for replicas",
      () => new Redis({ ...slaves(), lazyConnect }),
      "remove its option role",
    ],
    [
      "a client of ioredis 5 for replicas",
      () => new Redis5({ ...slaves(), lazyConnect }),
      "remove its option role",
    ],
  ];

  for (const [title, create, objection] of clients) {
    it(`${title}, and calls getClient only once`, async () => {
      let getClientCalls = 0;
      const made: any[] = [];
      closeAfter(() => made.forEach((client) => client?.quit?.call(client)?.catch?.(() => {})));
      const store = new RedisSessionStore({
        getClient(): any {
          getClientCalls++;
          made.push(create());
          return made[0];
        },
      });
      const site = app(
        { store, defaultSessionData: { hits: 0 } },
        { "/visit": (ctx) => ++ctx.session.data.hits },
      );
      for (let i = 0; i < 2; i++) {
        expect((await new Browser(site).post("/visit")).status).to.equal(500);
      }
      for (const error of site.errors) {
        expect(error).to.be.an.instanceOf(SessionError);
        expect(error).to.include({ code: "ERR_SESSION_USAGE" });
        expect(error).to.have.property("message").that.includes(objection);
      }
      expect(getClientCalls).to.equal(1);
    });
  }

  it("none of these without the option", async () => {
    for (const create of [
      () => createClient({ url: redis.url }),
      () => new Redis({ ...node(), lazyConnect }),
      () => new Redis5({ ...node(), lazyConnect }),
    ]) {
      const client: any = create();
      closeAfter(() => endClient(client));
      await closeAfter(new RedisSessionStore({ getClient: () => client })).ping();
    }
  });
});
