import { RedisCluster } from "./redis-cluster.js";
import { RedisSentinel } from "./redis-sentinel.js";
import { RedisServer } from "./redis-server.js";

/** The servers to which clients connect. */
export interface RedisDeployment {
  /** All servers that hold records. The masters come first. */
  readonly nodes: readonly RedisServer[];
  readonly sentinel?: RedisSentinel;
  stop(): Promise<void>;
}

export type RedisTopology = "one node" | "Cluster" | "Sentinel";

/** Starts real servers. */
export function deployRedis(topology: RedisTopology): Promise<RedisDeployment> {
  return DEPLOYMENTS[topology]();
}

const DEPLOYMENTS: Record<RedisTopology, () => Promise<RedisDeployment>> = {
  async "one node"() {
    const server = await RedisServer.start();
    return { nodes: [server], stop: () => server.stop() };
  },
  async Cluster() {
    const cluster = await RedisCluster.start();
    return { nodes: cluster.nodes, stop: () => cluster.stop() };
  },
  async Sentinel() {
    const sentinel = await RedisSentinel.start();
    return { nodes: sentinel.nodes, sentinel, stop: () => sentinel.stop() };
  },
};
