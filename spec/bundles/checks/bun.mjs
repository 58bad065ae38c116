import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bunProgram } from "../../package/bun.mjs";
import { bundle } from "../esbuild.mjs";
import { sealsWith } from "../visits.mjs";
import { inWorkerd } from "../worker.mjs";

export const bunForBrowsers = {
  name: "bun build --target=browser: contains no polyfill of Node's modules, and seals with Web Crypto",
  async run(folder) {
    const bun = await bunProgram();
    const options = ["--target=browser", "--minify", "--sourcemap=external", "--outdir=bun"];
    execFileSync(bun, ["build", ...options, "whole-package.mjs"], { cwd: folder, stdio: "pipe" });
    const output = (name) => readFileSync(join(folder, "bun", name), "utf8");

    const { sources } = JSON.parse(output("whole-package.js.map"));
    assert.ok(sources.some((source) => source.includes("@hattip/session/dist/")));
    const polyfills = sources.filter((source) => source.startsWith("node:"));
    const script = output("whole-package.js");
    const { length } = script;
    assert.deepEqual(polyfills, [], `Bun has added polyfills; the bundle has ${length} bytes`);

    await inWorkerd(script, [], async (send) => {
      assert.ok(JSON.parse((await send("/exports")).body).includes("RedisSessionStore"));
      await sealsWith("Web Crypto", send);
    });
    const { length: same } = await bundle(folder, "whole-package.mjs");
    return `${length} bytes with Hattip and the app (esbuild: ${same})`;
  },
};
