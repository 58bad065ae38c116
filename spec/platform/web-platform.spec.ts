import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("Without Node's APIs", function () {
  this.timeout(600_000);

  // The specs run in a new process, because a process chooses its crypto engine only once.
  it("all specs of the cookie stores and of device binding pass on Web Crypto", async () => {
    const mocha = fileURLToPath(new URL("../../node_modules/mocha/bin/mocha.js", import.meta.url));
    // Not .mocharc.json, which loads the entry point for Node.
    const options = ["--no-config", "--timeout", "30000"];
    options.push("--node-option", "import=ts-blank-space/register");
    options.push("--reporter", "spec/support/tally-reporter.js");
    options.push("--require", "./spec/support/web-platform.ts");
    // Without those of a real browser and of PostgreSQL, which take longer and show nothing more.
    const deviceBinding = "spec/device-binding/!(in-chromium|over-postgres).spec.ts";
    const args = [mocha, ...options, "spec/cookie/**/*.spec.ts", deviceBinding];
    const run = promisify(execFile)(process.execPath, args, { cwd: root });
    const report = await run.catch((failure: { stdout: string; stderr: string }) => failure);
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(report.stdout) ?? [];
    expect(failed, report.stdout + report.stderr).to.equal("0");
    expect(Number(passed)).to.be.greaterThan(700);
  });
});
