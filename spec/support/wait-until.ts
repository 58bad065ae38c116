import { setTimeout as sleep } from "node:timers/promises";

/** Resolves as soon as `condition` returns true. A condition that throws counts as false. */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 25, // below mocha's timeout, whose message does not say what was awaited
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  while (performance.now() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      cause = error;
    }
    await sleep(20);
  }
  throw new Error(`Waited ${seconds} s for ${what}`, { cause });
}
