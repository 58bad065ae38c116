import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { RedisServer } from "./redis-server.js";
import { waitUntil } from "./wait-until.js";

const run = promisify(execFile);

/** A real Redis Cluster on loopback: three masters, one replica each. */
export class RedisCluster {
  readonly nodes: RedisServer[];

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: 6 }, async () =>
        RedisServer.start(
          ...["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"],
          // The default, the port + 10000, is beyond 65535 for many of the ports that are free.
          ...["--cluster-port", `${await freePort()}`],
        ),
      ),
    );
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    await run("redis-cli", [
      ...["--cluster", "create", ...addresses],
      ...["--cluster-replicas", "1", "--cluster-yes"],
    ]);
    const cluster = new RedisCluster(nodes);
    // Gossip needs a second or two after `create`, the replicas longest.
    await waitUntil("the cluster to agree", async () => {
      const views = await Promise.all(nodes.map((node) => node.cli("CLUSTER", "NODES")));
      const states = await Promise.all(nodes.map((node) => node.cli("CLUSTER", "INFO")));
      return (
        views.every((view) => view.match(/\bslave\b/g)?.length === 3) &&
        states.every((state) => state.includes("cluster_state:ok"))
      );
    });
    return cluster;
  }

  private constructor(nodes: RedisServer[]) {
    this.nodes = nodes;
  }

  get urls(): string[] {
    return this.nodes.map((node) => node.url);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
