import fc from "fast-check";
import type { Clock } from "../../support/clock.js";
import { seed } from "../../support/runs.js";
import { OPERATIONS } from "./operations.js";
import { Run } from "./run.js";

/** Runs `count` random groups of three requests, each group in a random order of steps. */
export async function drawOrders(count: number, clock: Clock): Promise<void> {
  const operation = fc.constantFrom(...OPERATIONS);
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(operation, operation, operation),
      fc.array(fc.nat({ max: 5 }), { minLength: 12, maxLength: 36 }),
      async (operations, choices) => {
        let step = 0;
        const choose = (alternatives: number) => (choices[step++] ?? 0) % alternatives;
        await Run.of(operations, choose, clock);
      },
    ),
    { seed, numRuns: count },
  );
}
