import { setTimeout as sleep } from "node:timers/promises";
import type { Backend, Leftovers } from "./backend.js";
import { LONGEST_ENTRY_SECONDS } from "./names.js";

const MARGIN_SECONDS = 15;
const LOOK_AGAIN_MS = 3000;

/**
 * Waits for the last expiry, and returns what is still stored then: records, tombstones, indexes. An
 * entry of the index may outlive its session: a late request has made it, and found the session dead.
 */
export async function leftoversAtLast(backend: Backend): Promise<Leftovers> {
  const first = await backend.leftovers();
  const seconds = Math.min(first.seconds, LONGEST_ENTRY_SECONDS) + MARGIN_SECONDS;
  const deadline = Date.now() + seconds * 1000;
  for (let leftovers = first; ; leftovers = await backend.leftovers()) {
    if (leftovers.count === 0 || Date.now() > deadline) return leftovers;
    await sleep(LOOK_AGAIN_MS);
  }
}
