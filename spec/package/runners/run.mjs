// Runs the contracts of the packed package under vitest and jest without any options. These runners
// are too large to be installed for every run. spec/testing covers mocha and node:test.
//
//   npm run test:runners

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { twoAtOnce } from "../at-once.mjs";
import { root, run, withConsumer } from "../consumer.mjs";

const RUNNERS = {
  vitest: ["vitest/vitest.mjs", "run", "vitest.spec.mjs"],
  jest: ["jest/bin/jest.js", "--testMatch", "**/jest.test.cjs"],
};
const FILES = ["suites.cjs", "vitest.spec.mjs", "jest.test.cjs"];
const BROKEN = "The contract is broken: “remove() deletes the record.”";

await withConsumer(["vitest@4", "jest@30"], async (consumer) => {
  for (const file of FILES) {
    copyFileSync(join(root, "spec", "package", "runners", file), join(consumer, file));
  }
  await twoAtOnce(Object.entries(RUNNERS), async ([name, [program, ...args]]) => {
    const command = [join(consumer, "node_modules", program), ...args];
    const healthy = await outcome(command, consumer, "");
    if (healthy.failed) throw new Error(`${name} fails for correct stores:\n${healthy.output}`);
    const tally = /Tests:? +.*\b(\d+) passed/.exec(healthy.output)?.[1];
    if (!(tally >= 40)) throw new Error(`${name} ran too few specs:\n${healthy.output}`);
    const faulty = await outcome(command, consumer, "1");
    if (!faulty.failed || !faulty.output.includes(BROKEN)) {
      throw new Error(`${name} does not find the fault:\n${faulty.output}`);
    }
    console.log(`${name}: ${tally} specs pass, and the fault is found`);
  });
});

async function outcome(command, cwd, fault) {
  const env = { ...process.env, FAULT: fault, NO_COLOR: "1", CI: "1" };
  try {
    const { stdout, stderr } = await run(process.execPath, command, { cwd, env });
    return { failed: false, output: stdout + stderr };
  } catch (error) {
    return { failed: true, output: `${error.stdout}${error.stderr}` };
  }
}
