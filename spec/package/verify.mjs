// Runs all specs, and beside them the other checks of the built package: specs wait for most of their
// time. The last line counts the specs: `N passed, N failed`.
//
//   npm run verify

import { spawn } from "node:child_process";
import { once } from "node:events";

// The checks give way to the specs, some of which measure how soon a store recovers.
const checks = spawn("nice", ["npm", "run", "verify:checks"], { stdio: "inherit" });
const checked = once(checks, "exit");

const specs = spawn("npm", ["test", "--", "--forbid-only"], {
  stdio: ["inherit", "pipe", "inherit"],
});
let end = "";
specs.stdout.on("data", (output) => {
  process.stdout.write(output);
  end = (end + output).slice(-100);
});
const [specsCode] = await once(specs, "close");
const [checksCode] = await checked;

if (checksCode !== 0) console.log("The checks beside the specs have failed: see above.");
console.log(end.trimEnd().split("\n").at(-1));
process.exitCode = specsCode === 0 && checksCode === 0 ? 0 : 1;
