import type { RedisTopology } from "../../support/redis-deployments.js";
import { clientTitles } from "./clients.js";
import { runScenario, type Result, type Settings } from "./run-scenario.js";
import type { Scenario } from "./scenario.js";

export interface PlannedRun {
  readonly scenario: Scenario<any>;
  readonly client: string;
}

/** Each scenario with each client. */
export function planned(scenarios: readonly Scenario<any>[]): PlannedRun[] {
  return scenarios.flatMap((scenario) =>
    clientTitles(scenario.topology)
      .filter((client) => !scenario.without?.includes(client))
      .map((client) => ({ scenario, client })),
  );
}

/** How many run at once. Six servers of a Cluster need far more than one. */
export const RUNS_AT_ONCE: Record<RedisTopology, number> = {
  "one node": 7,
  Sentinel: 4,
  Cluster: 2,
};

/** Runs several at once, because they mostly wait. */
export async function runAll(
  runs: readonly PlannedRun[],
  atOnce: number,
  settings: Settings,
  onResult: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = runs.map((run, index) => ({ ...run, index }));
  const work = async () => {
    // The last scenario takes longest, so it begins first.
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const result = await runScenario(next.scenario, next.client, settings);
      results[next.index] = result;
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results;
}
