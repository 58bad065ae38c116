import { setTimeout as sleep } from "node:timers/promises";
import { lasting, onOneNode } from "./one-node.js";
import type { Scenario } from "./scenario.js";

/** The process of the app stands still, while its server works. */
export const STALL_SCENARIOS: readonly Scenario<any>[] = [
  onOneNode("stall", {
    title: "the app's event loop stands still for longer than the timeout, three times",
    isShort: true,
    async fault(_, run) {
      // Requests stand still before their command is sent, while it is sent, and before the reply is read.
      for (const turns of [0, 1, 2]) {
        await run.app.stall(lasting(run, 2500, 1500), turns);
        await sleep(500);
      }
    },
    expected: { minErrors: 0, maxErrors: 0 },
  }),
];
