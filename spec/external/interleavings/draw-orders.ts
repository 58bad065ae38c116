import fc from "fast-check";
import type { Clock } from "../../support/clock.js";
import { seed } from "../../support/runs.js";
import { FAULTS } from "./faults.js";
import { OPERATIONS, type Operation } from "./operations.js";
import { Run } from "./run.js";

/** The calls of three requests, more or less. */
const CALLS = 24;

const RARE: readonly Operation[] = ["read", "change b", "let expire", "let ten seconds pass"];

const operation = fc.oneof(
  ...OPERATIONS.map((name) => ({
    arbitrary: fc.constant(name),
    weight: RARE.includes(name) ? 1 : 3,
  })),
);
const request = fc.record({
  operation,
  isAwaited: fc.oneof({ arbitrary: fc.constant(true), weight: 3 }, fc.constant(false)),
  process: fc.constantFrom(0 as const, 1 as const),
  isSentLater: fc.oneof({ arbitrary: fc.constant(false), weight: 2 }, fc.constant(true)),
});
const fault = fc.record({
  call: fc.nat({ max: CALLS }),
  fault: fc.constantFrom(...FAULTS),
});
/** The number of parties that wait divides twelve, mostly. */
const anyParty = fc.nat({ max: 11 });
/** Most races need few switches at the right places. */
const mostlyTheSameParty = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, anyParty);
const choices = [anyParty, mostlyTheSameParty].map((choice) =>
  fc.array(choice, { minLength: 20, maxLength: 60 }),
);

/** Runs `count` random groups of three requests, each group in a random order of steps. */
export async function drawOrders(count: number, clock: Clock): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(request, request, request),
      fc.array(fault, { maxLength: 2 }),
      fc.boolean(),
      fc.oneof(...choices),
      async (requests, faults, repliesTakeTurns, chosen) => {
        let step = 0;
        const choose = (alternatives: number) => (chosen[step++] ?? 0) % alternatives;
        await Run.of({ requests, faults, repliesTakeTurns }, choose, clock);
      },
    ),
    { seed, numRuns: count },
  );
}
