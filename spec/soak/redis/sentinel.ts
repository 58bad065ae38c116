import { setTimeout as sleep } from "node:timers/promises";
import { RedisSentinel } from "../../support/redis-sentinel.js";
import { waitUntil } from "../../support/wait-until.js";
import type { Deployment, Expectations, Scenario, Servers } from "./scenario.js";

const DOWN_AFTER_MS = 1000;
/** From the promotion to the last error. */
const RECOVERY_SECONDS = 5;
/** The Sentinels demote the old master 8 seconds after a planned failover, at the earliest. */
const DEMOTION_SECONDS = 15;
/** The old master hangs for so much longer than the recovery may take. */
const MARGIN_MS = 1500;

/** Three Sentinels, a master and a replica. */
class SentinelServers implements Servers {
  readonly sentinel: RedisSentinel;
  readonly deployment: Deployment;

  static async start(isWatched = false): Promise<SentinelServers> {
    const sentinel = await RedisSentinel.start(DOWN_AFTER_MS, { sentinels: 3 });
    return new SentinelServers(sentinel, isWatched);
  }

  private constructor(sentinel: RedisSentinel, isWatched: boolean) {
    this.sentinel = sentinel;
    const { nodes, name, port } = sentinel;
    this.deployment = {
      nodes: nodes.map((node) => ({ url: node.url, port: node.port })),
      sentinel: { name, port, isWatched },
    };
  }

  /** Until then, a new client gets the address of the old master. */
  async promotion(): Promise<void> {
    const old = this.sentinel.nodes[0].port;
    await waitUntil(
      "the Sentinels to name the new master",
      async () => (await this.sentinel.masterPort()) !== old,
    );
  }

  stop(): Promise<void> {
    return this.sentinel.stop();
  }
}

export const SENTINEL_SCENARIOS: readonly Scenario<any>[] = [
  onSentinel("kill", {
    title: "the master is killed",
    isShort: true,
    async fault(servers) {
      await servers.sentinel.nodes[0].kill();
      await servers.promotion();
    },
  }),
  onSentinel("hang", {
    title: "the master hangs (`SIGSTOP`) for 6.5 s after the promotion",
    async fault(servers, run) {
      const [master] = servers.sentinel.nodes;
      master.pause();
      await servers.promotion();
      run.recovered();
      await sleep(RECOVERY_SECONDS * 1000 + MARGIN_MS);
      // It still considers itself a master.
      master.resume();
    },
  }),
  onSentinel("failover-after-pause", {
    title: "`CLIENT PAUSE 5000 WRITE`, then `SENTINEL FAILOVER`",
    async fault(servers) {
      await servers.sentinel.nodes[0].cli("CLIENT", "PAUSE", "5000", "WRITE");
      await failOver(servers);
    },
  }),
  onSentinel("failover-watched", {
    title: "`SENTINEL FAILOVER`, a client with `failoverDetector` or `scanInterval: 500`",
    start: () => SentinelServers.start(true),
    fault: failOver,
    expected: losing({ maxLost: 40, maxMissing: 10, maxRevived: 10 }),
  }),
  onSentinel("failover", {
    title: "`SENTINEL FAILOVER`, a client with default settings",
    fault: failOver,
    expected: losing({
      recoverySeconds: DEMOTION_SECONDS,
      maxLost: Infinity,
      maxMissing: Infinity,
      maxRevived: Infinity,
    }),
  }),
];

async function failOver(servers: SentinelServers): Promise<void> {
  await servers.sentinel.failover();
  await servers.promotion();
}

/** The old master acknowledges writes until it is demoted, and drops them then. */
function losing(expected: Partial<Expectations>): Partial<Expectations> {
  return { minErrors: 0, ...expected };
}

function onSentinel(
  name: string,
  scenario: Pick<Scenario<SentinelServers>, "title" | "fault" | "expected"> & {
    isShort?: boolean;
    start?(): Promise<SentinelServers>;
  },
): Scenario<SentinelServers> {
  return {
    topology: "Sentinel",
    isShort: false,
    start: () => SentinelServers.start(),
    ...scenario,
    name: `Sentinel/${name}`,
    expected: { recoverySeconds: RECOVERY_SECONDS, ...scenario.expected },
  };
}
