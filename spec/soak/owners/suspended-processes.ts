import { setTimeout as sleep } from "node:timers/promises";
import { AppServer } from "./app-server.js";
import type { Backend } from "./backend.js";
import { LONG_LIFETIME_SECONDS } from "./names.js";
import { settingsOf } from "./run-rounds.js";

/** Longer than the minute for which a tombstone tells where its session has moved. */
const SUSPENSION_SECONDS = 68;
const TOMBSTONE_IS_GONE_MS = 63_000;
/** The process stands still by then. */
const STANDING_MS = 2000;

/**
 * A process stands still in the middle of its work (a suspended machine), until the tombstone has
 * expired that would tell where the session is. Returns what is wrong, in a sentence each.
 */
export async function suspendedProcesses(backend: Backend, program: string): Promise<string[]> {
  const scenarios = [suspendedSweep, suspendedMove].map(async (scenario) => {
    const starting = [0, 1].map(() => AppServer.start(program, settingsOf(backend, 0)));
    const [suspended, other] = await Promise.all(starting);
    try {
      return await scenario(suspended!, other!);
    } finally {
      await Promise.all([suspended!.kill(), other!.kill()]);
    }
  });
  return (await Promise.all(scenarios)).flat();
}

/** It has read the index, and no record yet, when another process moves the session. */
async function suspendedSweep(suspended: AppServer, other: AppServer): Promise<string[]> {
  const owner = "owner-of-suspended-sweep";
  const begun = await other.send(`/login?owner=${owner}&lifetime=${LONG_LIFETIME_SECONDS}`);
  let isResolved = false;
  const ending = suspended.send(`/end-all?owner=${owner}&suspension=${SUSPENSION_SECONDS}`);
  const resolved = ending.finally(() => (isResolved = true));
  await sleep(STANDING_MS);
  const moved = await other.send("/move", begun.cookie);
  if (isResolved || moved.body?.owner !== owner) return ["The sweep was not suspended."];
  const { status } = await resolved;
  const { body } = await other.send("/", moved.cookie);
  return [
    ...(status === 200 ? [] : ["The suspended sweep has failed."]),
    ...(body?.owner === owner ? ["A session has survived the suspended sweep."] : []),
  ];
}

/** It has written the tombstone of a session that it moves, when another process ends all. */
async function suspendedMove(suspended: AppServer, other: AppServer): Promise<string[]> {
  const owner = "owner-of-suspended-move";
  const begun = await other.send(`/login?owner=${owner}&lifetime=${LONG_LIFETIME_SECONDS}`);
  let isMoved = false;
  const moving = suspended.send(`/move?suspension=${SUSPENSION_SECONDS}`, begun.cookie);
  const moved = moving.finally(() => (isMoved = true));
  await sleep(TOMBSTONE_IS_GONE_MS);
  const { body: list } = await other.send(`/sessions-of?owner=${owner}`);
  const { status } = await other.send(`/end-all?owner=${owner}`);
  if (isMoved) return ["The move was not suspended."];
  const { cookie = begun.cookie } = await moved;
  const { body } = await other.send("/", cookie);
  return [
    ...(list?.length === 0 ? [] : ["The list has a session that no client can have yet."]),
    ...(status === 200 ? [] : ["endSessionsOf() has failed during the suspended move."]),
    ...(body?.owner === owner ? ["A session has survived through the suspended move."] : []),
  ];
}
