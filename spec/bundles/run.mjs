// Bundles one app with the packed and installed project, as users do, and runs the bundles. Prints
// the sizes of the bundles.
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withConsumer } from "../package/consumer.mjs";
import { bunForBrowsers } from "./checks/bun.mjs";
import { deviceBinding } from "./checks/device-binding.mjs";
import { nodes } from "./checks/node.mjs";
import { webpacks } from "./checks/webpack.mjs";
import { workers } from "./checks/workers.mjs";
import { measureSizes } from "./sizes.mjs";

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const checks = [...workers, bunForBrowsers, ...webpacks, ...nodes, deviceBinding];
const adapters = ["@hattip/adapter-node@0.0.49", "@hattip/adapter-cloudflare-workers@0.0.49"];
const failures = [];

setTimeout(() => {
  console.log("The run was stopped after five minutes.");
  process.exit(1);
}, 300_000).unref();

await withConsumer(adapters, async (folder) => {
  // Also when a signal ends this process.
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(fileURLToPath(new URL("app", import.meta.url)), folder, { recursive: true });

  for (const { name, run } of checks) {
    try {
      const detail = await run(folder);
      console.log(`ok    ${name}${detail ? `: ${detail}` : ""}`);
    } catch (error) {
      console.log(`FAIL  ${name}`);
      failures.push(`${name}\n${error.message}`);
    }
  }
  const sizes = await measureSizes(folder);
  printTable(sizes.lines);
  failures.push(...sizes.failures);
});

for (const failure of failures) console.log(`\n${failure}`);
console.log(failures.length === 0 ? "\nAll bundles work." : `\n${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

function printTable(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  console.log();
  for (const line of lines) {
    const cells = line.map((cell, i) => cell.padEnd(widths[i]));
    console.log(cells.join("  ").trimEnd());
  }
}
