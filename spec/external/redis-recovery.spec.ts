import { expect } from "chai";
import { bundledProgram } from "../soak/redis/bundle.js";
import { planned, RUNS_AT_ONCE } from "../soak/redis/run-all.js";
import { runScenario, type Settings } from "../soak/redis/run-scenario.js";
import { SCENARIOS } from "../soak/redis/scenarios.js";
import { details } from "../soak/redis/table.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { seed } from "../support/runs.js";

/**
 * The short versions of `npm run soak:redis`, whose README says what is measured. The clients take
 * turns: the soak runs each scenario with each of them. The specs do not judge milliseconds: a machine
 * that runs other specs has too many of its own.
 */
for (const topology of ["one node", "Sentinel", "Cluster"] as const) {
  const scenarios = SCENARIOS.filter((one) => one.topology === topology && one.isShort);
  const inTurn = scenarios.map((scenario, index) => {
    const runs = planned([scenario]);
    return runs[index % runs.length]!;
  });

  describe(`An app under load, whose sessions are in Redis on ${topology},`, function () {
    this.timeout(120_000);
    const runner = new ConcurrentRunner(RUNS_AT_ONCE[topology]);
    let settings: Settings;
    before(async () => {
      settings = { program: await bundledProgram(), isShort: true, seed, isStrict: false };
      runner.start();
    });

    for (const { scenario, client } of inTurn) {
      runner.it(`recovers: ${scenario.title} (${client})`, async () => {
        const result = await runScenario(scenario, client, settings);
        expect(result.violations, details(result)).to.deep.equal([]);
      });
    }
  });
}
