import { setTimeout as sleep } from "node:timers/promises";
import { lasting, onDistantNode, type DistantNode } from "./one-node.js";
import type { Scenario } from "./scenario.js";

type Fault = (node: DistantNode, milliseconds: number) => Promise<void>;

const FAULTS: readonly Fault[] = [
  async ({ server }, milliseconds) => {
    server.pause();
    await sleep(milliseconds);
    server.resume();
  },
  async ({ server }, milliseconds) => {
    await server.kill();
    await sleep(milliseconds);
    await server.restart();
  },
  async ({ proxy }, milliseconds) => {
    await proxy.blackhole();
    await sleep(milliseconds);
    await proxy.pass();
  },
  async ({ proxy }, milliseconds) => {
    await proxy.hang();
    await sleep(milliseconds);
    await proxy.pass();
  },
  async ({ proxy }, milliseconds) => {
    await proxy.refuse();
    await sleep(milliseconds);
    await proxy.pass();
  },
  async ({ proxy }) => proxy.resetAll(),
  async ({ proxy }) => proxy.dropSilently(),
  async ({ server }) => void (await server.cli("CLIENT", "KILL", "TYPE", "normal")),
];

/** Random faults, one after the other. */
export const FLAPPING_SCENARIOS: readonly Scenario<any>[] = [
  onDistantNode("flapping", {
    title: "random faults for ten minutes",
    isShort: true,
    async fault(node, run) {
      const random = randomNumbers(run.seed);
      const endMs = performance.now() + lasting(run, 600_000, 15_000);
      while (performance.now() < endMs) {
        const fault = FAULTS[Math.floor(random() * FAULTS.length)]!;
        await fault(node, 50 + random() * 2500);
        await sleep(random() * 2500);
      }
    },
    // Each command of a request may meet a fault of its own.
    expected: { maxSlow: Infinity },
  }),
];

/** Numbers from 0 to 1 that are the same for the same seed: mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
