import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { temporaryFolder } from "../support/temporary-folder.js";

const CONTRACT = fileURLToPath(new URL("./sqlite-store/contract.ts", import.meta.url));
/** Installs a Node program, if it is not there yet. The module has no types. */
const NODES: string = "../package/nodes.mjs";
/** Node 20 has no SQLite. */
const NODE = 24;

/** Faults of a store that a contract in one thread would not find, and the sentences that do. */
const FAULTS = {
  "three statements":
    "Of two threads that create() or update() one record at once, exactly one succeeds.",
  "deletes the living": "The clean-up deletes what has expired, and nothing else.",
};

interface Outcome {
  readonly code: number;
  readonly output: string;
}

describe("The example SqliteSessionStore", function () {
  this.timeout(120_000);
  let node: string;

  before(async () => {
    const { nodeProgram } = await import(NODES);
    node = await nodeProgram(NODE);
  });

  it("keeps the contract, on a file, in several threads", async () => {
    const { code, output } = await runContract();
    expect(code, output).to.equal(0);
    expect(countOf("pass", output), output).to.be.at.least(60);
    for (const outcome of ["fail", "cancelled", "skipped", "todo"]) {
      expect(countOf(outcome, output), outcome).to.equal(0);
    }
  });

  for (const [fault, sentence] of Object.entries(FAULTS)) {
    it(`would break the contract with the fault “${fault}”`, async () => {
      const { code, output } = await runContract({ fault, only: sentence });
      expect(code, output).not.to.equal(0);
      expect(output).to.include(`The contract is broken: “${sentence}”`);
      expect(countOf("fail", output), output).to.equal(1);
    });
  }

  /** Runs the contract, or one of its sentences, on a new file. */
  async function runContract({ fault = "", only = "" } = {}): Promise<Outcome> {
    const folder = temporaryFolder("sqlite");
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const env = { ...inherited, DATABASE: join(folder.path, "sessions.sqlite"), FAULT: fault };
    const pattern = only.replace(/[().]/g, "\\$&");
    const args = ["--import", "ts-blank-space/register", "--test-reporter=tap"];
    if (only) args.push(`--test-name-pattern=${pattern}`);
    const outcome = await new Promise<Outcome>((resolve) => {
      const child = execFile(
        node,
        [...args, CONTRACT],
        { env, timeout: 110_000, maxBuffer: 2 ** 24 },
        (_error, stdout, stderr) =>
          resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
      );
    });
    folder.remove();
    return outcome;
  }
});

/** The number in a line of the summary, such as `# pass 60`. */
function countOf(outcome: string, output: string): number {
  return Number(new RegExp(`^# ${outcome} (\\d+)$`, "m").exec(output)?.[1]);
}
