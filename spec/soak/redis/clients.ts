import type * as Ioredis from "ioredis";
import type * as NodeRedis from "redis";
import type { RedisClient } from "../../../lib/node.js";
import type { RedisTopology } from "../../support/redis-deployments.js";
import type { Deployment } from "./scenario.js";

/** Creates a client that is not connected yet. */
export type CreateClient = (deployment: Deployment) => RedisClient;

interface SoakClient {
  /** The column of the table. */
  readonly title: string;
  readonly topology: RedisTopology;
  /** Loads only this client: the process of an app starts faster, and its heap is the client's. */
  load(): Promise<CreateClient>;
}

const nodeRedis6 = () => commonJs(import("redis"));
const ioredis5 = () => commonJs(import("ioredis5") as unknown as Promise<typeof Ioredis>);
const ioredis6 = () => commonJs(import("ioredis"));

const CLIENTS: readonly SoakClient[] = [
  ...(["one node", "Cluster", "Sentinel"] as const).flatMap((topology): SoakClient[] => [
    {
      title: "node-redis 6",
      topology,
      load: async () => nodeRedis(await nodeRedis6())[topology],
    },
    { title: "ioredis 5", topology, load: async () => ioredis(await ioredis5())[topology] },
    { title: "ioredis 6", topology, load: async () => ioredis(await ioredis6())[topology] },
  ]),
];

/** The exports of a CommonJS module. In the bundle, they are not named exports. */
async function commonJs<Exports>(loaded: Promise<Exports>): Promise<Exports> {
  return ((await loaded) as { default: Exports }).default;
}

/** The titles of the clients on a topology. */
export function clientTitles(topology: RedisTopology): string[] {
  return CLIENTS.filter((client) => client.topology === topology).map(({ title }) => title);
}

export function loadClient(title: string, topology: RedisTopology): Promise<CreateClient> {
  return find(title, topology).load();
}

function find(title: string, topology: RedisTopology): SoakClient {
  const client = CLIENTS.find((one) => one.title === title && one.topology === topology);
  if (!client) throw new Error(`There is no client "${title}" on ${topology}.`);
  return client;
}

function nodeRedis({
  createClient,
  createCluster,
  createSentinel,
}: typeof NodeRedis): Record<RedisTopology, CreateClient> {
  return {
    "one node": ({ nodes }) => createClient({ url: nodes[0]!.url }),
    Cluster: ({ nodes }) => createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) }),
    Sentinel: ({ sentinel }) =>
      createSentinel({
        name: sentinel!.name,
        sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel!.port }],
        ...(sentinel!.isWatched && { scanInterval: 500 }),
      }),
  };
}

function ioredis({ Cluster, Redis }: typeof Ioredis): Record<RedisTopology, CreateClient> {
  const lazyConnect = true;
  return {
    "one node": ({ nodes }) => new Redis(nodes[0]!.url, { lazyConnect }),
    Cluster: ({ nodes }) =>
      new Cluster(
        nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
        { lazyConnect },
      ),
    Sentinel: ({ sentinel }) =>
      new Redis({
        name: sentinel!.name,
        sentinels: [{ host: "127.0.0.1", port: sentinel!.port }],
        failoverDetector: sentinel!.isWatched,
        lazyConnect,
      }),
  };
}
