import { expect } from "chai";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const LOADER = ["--import", "ts-blank-space/register"];
const MOCHA = createRequire(import.meta.url).resolve("mocha/bin/mocha.js");
const FAULT = "removes nothing";
const SENTENCE = "remove() deletes the record.";

/** mocha runs with its default options, so that its timeout of two seconds applies. */
const RUNNERS = {
  mocha: [MOCHA, "--no-config", "--no-package", "--reporter", "tap", fixture("mocha.ts")],
  "node:test": ["--test-reporter=tap", fixture("node-test.ts")],
};

function fixture(name: string): string {
  return fileURLToPath(new URL(`./runners/${name}`, import.meta.url));
}

for (const [name, args] of Object.entries(RUNNERS)) {
  describe(`The contracts under ${name}`, () => {
    let healthy: Outcome;
    let faulty: Outcome;

    before(async function () {
      this.timeout(120_000);
      [healthy, faulty] = await Promise.all([run(args), run(args, FAULT)]);
    });

    it("pass for stores that keep the contracts", () => {
      expect(healthy.code, healthy.output).to.equal(0);
      const passed = healthy.output.match(/^ *ok \d+/gm) ?? [];
      expect(passed.length, healthy.output).to.be.greaterThan(40);
    });

    it("fail for a store with a fault, and name the broken sentence", () => {
      expect(faulty.code, faulty.output).not.to.equal(0);
      expect(faulty.output).to.include(`The contract is broken: “${SENTENCE}”`);
    });
  });
}

interface Outcome {
  code: number;
  output: string;
}

function run(args: string[], fault = ""): Promise<Outcome> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...LOADER, ...args],
      { env: { ...env, FAULT: fault }, timeout: 110_000, maxBuffer: 2 ** 24 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}
