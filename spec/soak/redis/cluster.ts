import { setTimeout as sleep } from "node:timers/promises";
import { RedisCluster } from "../../support/redis-cluster.js";
import type { RedisServer } from "../../support/redis-server.js";
import { waitUntil } from "../../support/wait-until.js";
import { moveSlots } from "./resharding.js";
import type { Deployment, Scenario, Servers } from "./scenario.js";

const NODE_TIMEOUT_MS = 2000;
/** From the promotion to the last error. */
const RECOVERY_SECONDS = 5;
/** The old master hangs for so much longer than the recovery may take, on a busy machine, too. */
const MARGIN_MS = 3500;
/** The slots that `redis-cli --cluster create` gives to the first master. */
const FIRST_MASTERS_SLOTS = [0, 5460] as const;
/** A master that has no slots becomes a replica, so it keeps some. */
const MOVING_SLOTS = [0, 2730] as const;
/** In so much time, some requests meet each server. */
const LOAD_MS = 1000;

/** Three masters and a replica of each. */
class ClusterServers implements Servers {
  readonly cluster: RedisCluster;

  static async start(): Promise<ClusterServers> {
    // By default, all masters stop answering (CLUSTERDOWN) while a slot has none.
    const args = ["--cluster-require-full-coverage", "no"];
    return new ClusterServers(await RedisCluster.start(NODE_TIMEOUT_MS, ...args));
  }

  private constructor(cluster: RedisCluster) {
    this.cluster = cluster;
  }

  get deployment(): Deployment {
    return { nodes: this.cluster.nodes.map(({ url, port }) => ({ url, port })) };
  }

  /** Until then, nobody serves the slots of the first master. */
  async promotion(): Promise<void> {
    const { cluster } = this;
    const old = cluster.nodes[0]!.port;
    await waitUntil(
      "the promotion",
      async () => (await cluster.masterPort(FIRST_MASTERS_SLOTS[0])) !== old,
    );
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }
}

export const CLUSTER_SCENARIOS: readonly Scenario<any>[] = [
  onCluster("kill", {
    title: "a master is killed",
    async fault(servers) {
      await servers.cluster.nodes[0]!.kill();
      await servers.promotion();
    },
    expected: { maySlotsFail: FIRST_MASTERS_SLOTS },
  }),
  onCluster("hang", {
    title: "a master hangs (`SIGSTOP`) for 8.5 s after the promotion",
    isShort: true,
    async fault(servers, run) {
      const master = servers.cluster.nodes[0]!;
      master.pause();
      await servers.promotion();
      run.recovered();
      await sleep(RECOVERY_SECONDS * 1000 + MARGIN_MS);
      master.resume();
    },
    expected: { maySlotsFail: FIRST_MASTERS_SLOTS },
  }),
  onCluster("failover", {
    title: "`CLUSTER FAILOVER`",
    async fault(servers, run) {
      const { cluster } = servers;
      const replica = await cluster.replicaOf(cluster.nodes[0]!);
      await replica.cli("CLUSTER", "FAILOVER");
      await servers.promotion();
      run.recovered();
      await assertRedirected(cluster.nodes[0]!, "MOVED");
    },
    expected: { minErrors: 0, maxErrors: 0 },
  }),
  onCluster("resharding", {
    title: "half of a master's slots move to another master",
    async fault({ cluster: { nodes } }, run) {
      await moveSlots(nodes[0]!, nodes[1]!, nodes[2]!, MOVING_SLOTS);
      run.recovered();
      await assertRedirected(nodes[0]!, "ASK", "MOVED");
    },
    expected: { minErrors: 0, maxErrors: 0 },
  }),
];

/** Throws if the server has redirected no request of the app: then nothing has been tried. */
async function assertRedirected(server: RedisServer, ...codes: string[]): Promise<void> {
  await sleep(LOAD_MS);
  const counts = await server.cli("INFO", "errorstats");
  for (const code of codes) {
    if (!counts.includes(`errorstat_${code}:`)) throw new Error(`No request was answered ${code}.`);
  }
}

function onCluster(
  name: string,
  scenario: Pick<Scenario<ClusterServers>, "title" | "fault" | "expected"> & { isShort?: boolean },
): Scenario<ClusterServers> {
  return {
    topology: "Cluster",
    isShort: false,
    start: () => ClusterServers.start(),
    ...scenario,
    name: `Cluster/${name}`,
    expected: { recoverySeconds: RECOVERY_SECONDS, ...scenario.expected },
  };
}
