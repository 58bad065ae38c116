import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { freePort } from "./free-port.js";
import { RedisServer } from "./redis-server.js";
import { waitUntil } from "./wait-until.js";

const run = promisify(execFile);

/**
 * Nodes tell each other about the cluster at least every half of their timeout. With the default of
 * 15 seconds, they need up to 12 seconds to agree on a new cluster.
 */
const JOINING_TIMEOUT_MS = 2000;

/** A real Redis Cluster on loopback with three masters and one replica of each. */
export class RedisCluster {
  /** The masters come first. */
  readonly nodes: RedisServer[];

  /**
   * @param nodeTimeoutMs replicas consider a silent master dead after this many milliseconds
   * @param args additional arguments of each redis-server
   */
  static async start(nodeTimeoutMs = 15_000, ...args: string[]): Promise<RedisCluster> {
    const starts = await Promise.allSettled(
      Array.from({ length: 6 }, async () =>
        RedisServer.start(
          ...["--cluster-enabled", "yes"],
          // The default cluster port is the port + 10000. For many free ports that is above 65535.
          ...["--cluster-port", `${await freePort()}`],
          ...["--cluster-node-timeout", `${JOINING_TIMEOUT_MS}`],
          // On a slow machine, a replica would take a master that joins slowly for a dead one.
          ...["--cluster-replica-no-failover", "yes"],
          ...["--repl-diskless-sync-delay", "0"], // seconds that a master waits for more replicas
          ...args,
        ),
      ),
    );
    const cluster = new RedisCluster(
      starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : [])),
    );
    try {
      for (const start of starts) if (start.status === "rejected") throw start.reason;
      await cluster.#join();
      await cluster.#configure("cluster-node-timeout", `${nodeTimeoutMs}`);
      await cluster.#configure("cluster-replica-no-failover", "no");
    } catch (error) {
      await cluster.stop(); // the servers that have started
      throw error;
    }
    return cluster;
  }

  private constructor(nodes: RedisServer[]) {
    this.nodes = nodes;
  }

  /** The port of the master of a slot, as the last master sees it. */
  async masterPort(slot: number): Promise<number> {
    const lines = (await this.nodes[2]!.cli("CLUSTER", "NODES")).split("\n");
    const isMaster = (line: string) =>
      line
        .split(" ")
        .slice(8)
        .some((range) => includes(range, slot)); // the slots of a node come last
    return portOf(lines.find(isMaster)!);
  }

  /** A replica of a master. */
  async replicaOf(master: RedisServer): Promise<RedisServer> {
    const id = await master.cli("CLUSTER", "MYID");
    const lines = (await master.cli("CLUSTER", "NODES")).split("\n");
    const port = portOf(lines.find((line) => line.split(" ")[3] === id)!);
    return this.nodes.find((node) => node.port === port)!;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #configure(name: string, value: string): Promise<void> {
    const answers = await Promise.all(
      this.nodes.map((node) => node.cli("CONFIG", "SET", name, value)),
    );
    if (answers.some((answer) => answer !== "OK")) throw new Error(answers.join("\n"));
  }

  async #join(): Promise<void> {
    const { nodes } = this;
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    await run("redis-cli", [
      ...["--cluster", "create", ...addresses],
      ...["--cluster-replicas", "1", "--cluster-yes"],
    ]);
    // After `create`, the nodes need a few seconds to agree. The replicas take longest.
    for (const node of nodes) {
      await waitUntil("the cluster to agree", async () => {
        const [view, state, replication] = await Promise.all([
          node.cli("CLUSTER", "NODES"),
          node.cli("CLUSTER", "INFO"),
          node.cli("INFO", "replication"),
        ]);
        return (
          view.match(/\bslave\b/g)?.length === 3 &&
          state.includes("cluster_state:ok") &&
          // A replica that has not copied its master's records cannot be promoted.
          (replication.includes("role:master") || replication.includes("master_link_status:up"))
        );
      });
    }
  }
}

/** The port in a line of `CLUSTER NODES`. */
function portOf(line: string): number {
  return Number(/:(\d+)@/.exec(line)![1]);
}

/** Whether a range of `CLUSTER NODES` (`0-5460`, `7`) includes a slot. */
function includes(range: string, slot: number): boolean {
  const [first, last = first] = range.split("-").map(Number);
  return first! <= slot && slot <= last!;
}
