import * as ioredis6 from "ioredis";
import * as ioredis5 from "ioredis5";
import * as redis6 from "redis";
import type { RedisClient } from "../../lib/index.js";
import type { RedisDeployment, RedisTopology } from "./redis-deployments.js";

/** A kind of client that RedisSessionStore accepts. */
export interface RedisClientKind {
  readonly title: string;
  readonly topology: RedisTopology;
  /** Creates a client that is not connected yet. */
  create(deployment: RedisDeployment): RedisClient;
}

/** Every supported client on every topology that it supports. */
const REDIS_CLIENTS: readonly RedisClientKind[] = [
  ...nodeRedis("node-redis 6", redis6),
  ...ioredis("ioredis 6", ioredis6),
  ...ioredis("ioredis 5", ioredis5 as unknown as typeof ioredis6),
];

export function clientsOn(topology: RedisTopology): RedisClientKind[] {
  return REDIS_CLIENTS.filter((kind) => kind.topology === topology);
}

/** Closes a client at once, no matter of which kind it is, unless it is closed already. */
export async function endClient(client: any): Promise<void> {
  if (client.isOpen === false || client.status === "end") return;
  await (client.destroy ?? client.disconnect).call(client);
}

function nodeRedis(title: string, redis: typeof redis6): RedisClientKind[] {
  return [
    {
      title,
      topology: "one node",
      create: ({ nodes }) => redis.createClient({ url: nodes[0]!.url }),
    },
    {
      title,
      topology: "Cluster",
      create: ({ nodes }) => redis.createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) }),
    },
    {
      title,
      topology: "Sentinel",
      create: ({ sentinel }) =>
        redis.createSentinel({
          name: sentinel!.name,
          sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel!.port }],
        }),
    },
  ];
}

function ioredis(title: string, { Cluster, Redis }: typeof ioredis6): RedisClientKind[] {
  const lazyConnect = true;
  return [
    {
      title,
      topology: "one node",
      create: ({ nodes }) => new Redis(nodes[0]!.url, { lazyConnect }),
    },
    {
      title,
      topology: "Cluster",
      create: ({ nodes }) =>
        new Cluster(
          nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
          { lazyConnect },
        ),
    },
    {
      title,
      topology: "Sentinel",
      create: ({ sentinel }) =>
        new Redis({
          name: sentinel!.name,
          sentinels: [{ host: "127.0.0.1", port: sentinel!.port }],
          lazyConnect,
        }),
    },
  ];
}
