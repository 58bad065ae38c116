import { setTimeout as sleep } from "node:timers/promises";
import { RedisServer } from "../../support/redis-server.js";
import { waitUntil } from "../../support/wait-until.js";
import { DistantNode } from "./one-node.js";
import type { Deployment, Scenario, Servers } from "./scenario.js";

/** A server and its replica. Clients use one address, which leads to the server at first. */
class ReplicatedNode implements Servers {
  readonly node: DistantNode;
  readonly replica: RedisServer;

  static async start(): Promise<ReplicatedNode> {
    const node = await DistantNode.start({ args: ["--repl-diskless-sync-delay", "0"] });
    const { port } = node.server;
    const replica = await RedisServer.start("--replicaof", "127.0.0.1", `${port}`);
    const servers = new ReplicatedNode(node, replica);
    await waitUntil("the replica to be in sync", async () =>
      (await replica.cli("INFO", "replication")).includes("master_link_status:up"),
    );
    return servers;
  }

  private constructor(node: DistantNode, replica: RedisServer) {
    this.node = node;
    this.replica = replica;
  }

  get deployment(): Deployment {
    return this.node.deployment;
  }

  async stop(): Promise<void> {
    await Promise.all([this.node.stop(), this.replica.stop()]);
  }
}

const READONLY_BY_ADDRESS: Scenario<ReplicatedNode> = {
  name: "one-node/failover-by-address",
  title: "the address leads to a promoted replica; the old server stays up (`READONLY`)",
  topology: "one node",
  isShort: true,
  afterRecoveryMs: 4000, // without a new connection, writes fail for ever
  start: () => ReplicatedNode.start(),
  async fault({ node, replica }) {
    // The server and its replica change their roles without a lost write.
    await node.server.cli("FAILOVER", "TO", "127.0.0.1", `${replica.port}`);
    await waitUntil("the promotion", async () => (await replica.cli("ROLE")).startsWith("master"));
    await sleep(500); // the address changes a moment later
    node.proxy.retarget(replica.port);
  },
};

export const FAILOVER_SCENARIOS: readonly Scenario<any>[] = [READONLY_BY_ADDRESS];
