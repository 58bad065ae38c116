import { setTimeout as sleep } from "node:timers/promises";
import type { RedisServer } from "../../support/redis-server.js";
import { AdminConnection } from "./admin-connection.js";
import { slotOf } from "./slot-of.js";

/** How long the slots are between two masters before, and after, their records move. */
const BETWEEN_MS = 1500;

/**
 * Moves slots with their records from one master of a Cluster to another, as
 * `redis-cli --cluster reshard` does, but all slots at once: so clients are redirected for seconds,
 * with `ASK` first and with `MOVED` then.
 */
export async function moveSlots(
  from: RedisServer,
  to: RedisServer,
  other: RedisServer,
  [first, last]: readonly [number, number],
): Promise<void> {
  const [fromId, toId] = await Promise.all([
    from.cli("CLUSTER", "MYID"),
    to.cli("CLUSTER", "MYID"),
  ]);
  const setSlots = async (server: RedisServer, state: string) => {
    const connection = await AdminConnection.to(server.port);
    try {
      for (let slot = first; slot <= last; slot++) {
        await connection.send(`CLUSTER SETSLOT ${slot} ${state}`);
      }
    } finally {
      connection.close();
    }
  };
  await setSlots(to, `IMPORTING ${fromId}`);
  await setSlots(from, `MIGRATING ${toId}`);
  await sleep(BETWEEN_MS);
  const keys = (await from.cli("--scan")).split("\n").filter((key) => {
    const slot = slotOf(key);
    return slot >= first && slot <= last;
  });
  for (const key of keys) await from.cli("MIGRATE", "127.0.0.1", `${to.port}`, key, "0", "5000");
  await sleep(BETWEEN_MS);
  for (const server of [to, from, other]) await setSlots(server, `NODE ${toId}`);
}
