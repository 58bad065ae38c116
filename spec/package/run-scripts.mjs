// Runs npm scripts, two of them at once, and prints what each has printed when it has ended:
//
//   node spec/package/run-scripts.mjs docs test:types

import { run } from "./consumer.mjs";
import { twoAtOnce } from "./at-once.mjs";

const OUTPUT_BYTES = 100_000_000;

const failed = [];
await twoAtOnce(process.argv.slice(2), async (script) => {
  const start = performance.now();
  const options = { maxBuffer: OUTPUT_BYTES };
  const {
    stdout,
    stderr,
    code = 0,
  } = await run("npm", ["run", script], options).catch((error) => error);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${stdout}${code === 0 ? "" : stderr}\n${script} took ${seconds} s`);
  if (code !== 0) failed.push(script);
});
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(", ")}`);
  process.exitCode = 1;
}
