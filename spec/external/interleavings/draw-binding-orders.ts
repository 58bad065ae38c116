import fc from "fast-check";
import type { Clock } from "../../support/clock.js";
import { seed } from "../../support/runs.js";
import { FAULTS } from "./faults.js";
import { DEVICE_OPERATIONS, OPERATIONS, type Operation } from "./operations.js";
import { Run } from "./run.js";

/** The calls of three requests, more or less. */
const CALLS = 24;

const COMMON: readonly Operation[] = ["regenerate", "register", "register another key", "change a"];

const anyOperation = (operations: readonly Operation[]) =>
  fc.oneof(
    ...operations.map((name) => ({
      arbitrary: fc.constant(name),
      weight: COMMON.includes(name) ? 4 : 1,
    })),
  );
const requestWith = (operations: readonly Operation[]) =>
  fc.record({
    operation: anyOperation(operations),
    isAwaited: fc.oneof({ arbitrary: fc.constant(true), weight: 3 }, fc.constant(false)),
    process: fc.constantFrom(0 as const, 1 as const),
    isSentLater: fc.oneof({ arbitrary: fc.constant(false), weight: 2 }, fc.constant(true)),
    isUnproven: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, fc.constant(true)),
  });
/** Only a browser that has registered its key can renew its proof. */
const groups = [
  {
    devices: "asked" as const,
    operations: [...OPERATIONS, "register", "register another key"] as const,
  },
  { devices: "bound" as const, operations: [...OPERATIONS, ...DEVICE_OPERATIONS] },
].map(({ devices, operations }) => {
  const request = requestWith(operations);
  return fc.record({
    devices: fc.constant(devices),
    requests: fc.tuple(request, request, request),
  });
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

/** Runs `count` random groups of three requests of a session that is being bound, or is. */
export async function drawBindingOrders(count: number, clock: Clock): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(...groups),
      fc.oneof(fc.constant([]), fc.array(fault, { maxLength: 2 })),
      fc.boolean(),
      fc.oneof(...choices),
      async (group, faults, repliesTakeTurns, chosen) => {
        let step = 0;
        const choose = (alternatives: number) => (chosen[step++] ?? 0) % alternatives;
        await Run.of({ ...group, faults, repliesTakeTurns }, choose, clock);
      },
    ),
    { seed, numRuns: count },
  );
}
