import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("Without anything of Node's", function () {
  this.timeout(600_000);

  // In a process of its own: what serves is chosen once.
  it("every spec of the cookie stores holds on Web Crypto, too", async () => {
    const mocha = fileURLToPath(new URL("../../node_modules/mocha/bin/mocha.js", import.meta.url));
    const load = ["--require", "./spec/support/web-platform.ts"];
    const specs = "spec/cookie/**/*.spec.ts";
    const run = promisify(execFile)(process.execPath, [mocha, ...load, specs], { cwd: root });
    const report = await run.catch((failure: { stdout: string; stderr: string }) => failure);
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(report.stdout) ?? [];
    expect(failed, report.stdout + report.stderr).to.equal("0");
    expect(Number(passed)).to.be.greaterThan(300);
  });
});
