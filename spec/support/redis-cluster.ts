import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { RedisServer } from "./redis-server.js";
import { waitUntil } from "./wait-until.js";

const run = promisify(execFile);

/** A real Redis Cluster on loopback: three masters, one replica each. */
export class RedisCluster {
  readonly nodes: RedisServer[];

  /** @param args more of redis-server's arguments, for each node */
  static async start(...args: string[]): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: 6 }, async () =>
        RedisServer.start(
          ...["--cluster-enabled", "yes"],
          // The default, the port + 10000, is beyond 65535 for many of the ports that are free.
          ...["--cluster-port", `${await freePort()}`],
          ...["--repl-diskless-sync-delay", "0"], // seconds for which a master waits for more replicas
          ...args,
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
      const replication = await Promise.all(nodes.map((node) => node.cli("INFO", "replication")));
      return (
        // One that has not copied its master's records cannot be promoted.
        replication.filter((told) => told.includes("master_link_status:up")).length === 3 &&
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
