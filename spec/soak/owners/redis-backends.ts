import { setTimeout as sleep } from "node:timers/promises";
import { PATIENT } from "../../support/patient.js";
import { RedisCluster } from "../../support/redis-cluster.js";
import { RedisServer } from "../../support/redis-server.js";
import { waitUntil } from "../../support/wait-until.js";
import { slotOf } from "../redis/slot-of.js";
import type { Backend, Leftovers } from "./backend.js";

const CLIENTS = ["node-redis 6", "ioredis 6", "ioredis 5"];
/** `KEYS` is right here: nobody else uses the server. */
const LEFTOVERS = `local longest = 0
local keys = redis.call("KEYS", "*")
for _, key in ipairs(keys) do
  local seconds = redis.call("TTL", key)
  if seconds == -1 then return { #keys, -1 } end
  longest = math.max(longest, seconds)
end
return { #keys, longest }`;

const NODE_TIMEOUT_MS = 2000;
/** Requests fail while a master is missing. They are sent again. */
const CLUSTER_TIMEOUT_SECONDS = 2;
/** For so long, a replica hears nothing before its master is killed. */
const REPLICA_LAG_MS = 150;
/** The slots that `redis-cli --cluster create` gives to each master. */
const SLOTS = [
  [0, 5460],
  [5461, 10_922],
] as const;

export async function startRedis(): Promise<Backend> {
  const server = await RedisServer.start();
  return {
    title: "Redis",
    address: {
      topology: "one node",
      deployment: { nodes: [{ url: server.url, port: server.port }] },
    },
    clients: CLIENTS,
    timeoutSeconds: PATIENT,
    leftovers: () => leftoversOn([server]),
    faults: [],
    mayHaveLost: () => false,
    stop: () => server.stop(),
  };
}

/** @param lags whether a second master is killed whose replica does not have its last writes */
export async function startCluster(lags: boolean): Promise<Backend> {
  const cluster = await RedisCluster.start(
    NODE_TIMEOUT_MS,
    "--cluster-require-full-coverage",
    "no",
  );
  const killed: (readonly [number, number])[] = [];
  const killMaster = async (index: 0 | 1, isReplicaLate: boolean) => {
    const master = cluster.nodes[index]!;
    const replica = await cluster.replicaOf(master);
    killed.push(SLOTS[index]);
    if (isReplicaLate) {
      replica.pause();
      await master.cli("CLIENT", "KILL", "TYPE", "replica");
      await sleep(REPLICA_LAG_MS);
    }
    await master.kill();
    replica.resume();
    await waitUntil(
      "the promotion",
      async () => (await cluster.masterPort(SLOTS[index][0])) === replica.port,
    );
  };
  return {
    title: "Redis Cluster",
    address: {
      topology: "Cluster",
      deployment: { nodes: cluster.nodes.map(({ url, port }) => ({ url, port })) },
    },
    clients: CLIENTS,
    timeoutSeconds: CLUSTER_TIMEOUT_SECONDS,
    async leftovers() {
      const ports = await Promise.all([0, 5461, 10_923].map((slot) => cluster.masterPort(slot)));
      return leftoversOn(cluster.nodes.filter(({ port }) => ports.includes(port)));
    },
    faults: [() => killMaster(0, false), ...(lags ? [() => killMaster(1, true)] : [])],
    mayHaveLost: (key) => {
      const slot = slotOf(key);
      return killed.some(([first, last]) => first <= slot && slot <= last);
    },
    stop: () => cluster.stop(),
  };
}

async function leftoversOn(masters: readonly RedisServer[]): Promise<Leftovers> {
  const answers = await Promise.all(masters.map((master) => master.cli("EVAL", LEFTOVERS, "0")));
  const all = answers.map((answer) => answer.split("\n").map(Number));
  return {
    count: all.reduce((sum, [count]) => sum + count!, 0),
    seconds: Math.max(...all.map(([, seconds]) => (seconds === -1 ? Infinity : seconds!))),
  };
}
