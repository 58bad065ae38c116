import fc from "fast-check";
import type { Clock } from "../../support/clock.js";
import { seed } from "../../support/runs.js";
import { CRASHES, FAULTS } from "./faults.js";
import { OPERATIONS, OWNER_OPERATIONS, type Operation } from "./operations.js";
import { Run } from "./run.js";

/** The calls of three requests, more or less. */
const CALLS = 32;

const COMMON: readonly Operation[] = ["regenerate", ...OWNER_OPERATIONS];

const operation = fc.oneof(
  ...[...OPERATIONS, ...OWNER_OPERATIONS].map((name) => ({
    arbitrary: fc.constant(name),
    weight: COMMON.includes(name) ? 4 : 1,
  })),
);
const mostlyTheFirst = fc.oneof(
  { arbitrary: fc.constant(0 as const), weight: 3 },
  fc.constant(1 as const),
);
const request = fc.record({
  operation,
  isAwaited: fc.oneof({ arbitrary: fc.constant(true), weight: 3 }, fc.constant(false)),
  process: fc.constantFrom(0 as const, 1 as const),
  isSentLater: fc.oneof({ arbitrary: fc.constant(false), weight: 2 }, fc.constant(true)),
  browser: mostlyTheFirst,
});
const start = fc.constantFrom(
  "start as ada" as const,
  "start as ada" as const,
  "start as bob" as const,
  "start" as const,
);
const fault = fc.record({
  call: fc.nat({ max: CALLS }),
  fault: fc.constantFrom(...FAULTS, ...CRASHES),
});
/** The number of parties that wait divides twelve, mostly. */
const anyParty = fc.nat({ max: 11 });
/** Most races need few switches at the right places. */
const mostlyTheSameParty = fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, anyParty);
const choices = [anyParty, mostlyTheSameParty].map((choice) =>
  fc.array(choice, { minLength: 20, maxLength: 80 }),
);

/**
 * Runs `count` random groups of three requests of two browsers, whose sessions have owners, each group
 * in a random order of steps.
 */
export async function drawOwnerOrders(count: number, clock: Clock): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(request, request, request),
      fc.tuple(start, start),
      fc.oneof(fc.constant([]), fc.array(fault, { maxLength: 2 })),
      fc.boolean(),
      fc.oneof(...choices),
      async (requests, sessions, faults, repliesTakeTurns, chosen) => {
        let step = 0;
        const choose = (alternatives: number) => (chosen[step++] ?? 0) % alternatives;
        const scenario = { requests, sessions, faults, repliesTakeTurns, hasOwners: true };
        await Run.of(scenario, choose, clock);
      },
    ),
    { seed, numRuns: count },
  );
}
