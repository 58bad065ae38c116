// Runs the scenarios of a failing Redis against each client. See README.md beside this file.
import { writeFileSync } from "node:fs";
import { bundledProgram } from "./bundle.js";
import { clientName, readCommandLine } from "./command-line.js";
import { figuresTables } from "./figures-tables.js";
import { RUNS_AT_ONCE, runAll } from "./run-all.js";
import type { Result } from "./run-scenario.js";
import { cell, details, table } from "./table.js";
import { versions } from "./versions.js";

const options = readCommandLine(process.argv.slice(2));
const { runs, isShort, seed, atOnce } = options;

if (options.isList) {
  for (const name of new Set(runs.map(({ scenario }) => scenario.name))) console.log(name);
  for (const name of new Set(runs.map(clientName))) console.log(name);
} else {
  console.log(`${await versions()}; ${runs.length} runs, --seed=${seed}`);
  const settings = { program: await bundledProgram(), isShort, seed, isStrict: true };
  const results: Result[] = [];
  const report = (result: Result) => {
    console.log(`${result.scenario.name}, ${result.client}: ${cell(result)}`);
    if (result.violations.length > 0) console.log(`  ${details(result)}`);
  };
  for (const topology of ["one node", "Sentinel", "Cluster"] as const) {
    const chosen = runs.filter(({ scenario }) => scenario.topology === topology);
    if (chosen.length === 0) continue;
    const those = await runAll(chosen, atOnce ?? RUNS_AT_ONCE[topology], settings, report);
    console.log(`\n${table(topology, those)}\n`);
    if (options.printsFigures) console.log(figuresTables(topology, those));
    results.push(...those);
  }
  const failed = results.filter(({ violations }) => violations.length > 0);
  for (const { scenario, client, violations } of failed) {
    console.log(`${scenario.name}, ${client}: ${violations.join("; ")}`);
  }
  if (options.json) writeFileSync(options.json, JSON.stringify(results));
  process.exitCode = failed.length > 0 ? 1 : 0;
}
