import type { Clock } from "../../support/clock.js";
import { FAULTS, type Fault } from "./faults.js";
import { Run, type Scenario } from "./run.js";
import { everySchedule } from "./schedule.js";

/**
 * Runs the requests in every order of their steps. Returns the number of orders.
 *
 * @param maxSwitches - How often a request may be interrupted. Most races need few switches at the
 * right places, and three requests have too many orders.
 */
export async function everyOrder(
  scenario: Scenario,
  clock: Clock,
  maxSwitches?: number,
): Promise<number> {
  return (await ordersAndCalls(scenario, clock, maxSwitches)).orders;
}

/** Runs the requests in every order of their steps, each time with one fault in one call. */
export async function everyFault(
  scenario: Scenario,
  clock: Clock,
  faults: readonly Fault[] = FAULTS,
  maxSwitches?: number,
): Promise<void> {
  const { calls } = await ordersAndCalls(scenario, clock, maxSwitches);
  for (let call = 0; call < calls; call++) {
    for (const fault of faults) {
      await ordersAndCalls({ ...scenario, faults: [{ call, fault }] }, clock, maxSwitches);
    }
  }
}

async function ordersAndCalls(
  scenario: Scenario,
  clock: Clock,
  maxSwitches?: number,
): Promise<{ orders: number; calls: number }> {
  let calls = 0;
  const orders = await everySchedule(async (choose) => {
    calls = Math.max(calls, await Run.of(scenario, choose, clock));
  }, maxSwitches);
  return { orders, calls };
}
