// Runs all specs in two lanes, and beside them the other checks of the built package: specs wait for
// most of their time. The last line counts the specs: `N passed, N failed`.
//
//   npm run verify

import { spawn } from "node:child_process";
import { once } from "node:events";

// The checks give way to the specs, some of which measure how soon a store recovers.
const checks = spawn("nice", ["npm", "run", "verify:checks"], { stdio: "inherit" });
const checked = once(checks, "exit");

const lanes = [["test:redis"], ["test:browsers", "test:others"]];
const parts = (await Promise.all(lanes.map(runLane))).flat();
const [checksCode] = await checked;

const sum = (name) => parts.reduce((total, part) => total + part[name], 0);
if (checksCode !== 0) console.log("The checks beside the specs have failed: see above.");
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = checksCode === 0 && parts.every(({ code }) => code === 0) ? 0 : 1;

async function runLane(scripts) {
  const results = [];
  for (const script of scripts) results.push(await runSpecs(script));
  return results;
}

/** Prints what the specs have printed when they have ended: the lanes would be mixed up otherwise. */
async function runSpecs(script) {
  const specs = spawn("npm", ["run", script, "--", "--forbid-only"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [specs.stdout, specs.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (output += text));
  }
  const start = performance.now();
  const [code] = await once(specs, "close");
  console.log(`${output}${script} took ${Math.round((performance.now() - start) / 1000)} s`);
  // Without a tally, mocha itself has failed.
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  return { code, passed: Number(passed ?? 0), failed: Number(failed ?? 1) };
}
