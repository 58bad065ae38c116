import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../esbuild.mjs";
import { sealsWith } from "../visits.mjs";
import { inWorkerd } from "../worker.mjs";

// The command in .bin needs an install script, which npm has not run here.
const bun = fileURLToPath(new URL("../node_modules/@oven/bun-linux-x64/bin/bun", import.meta.url));

export const bunForBrowsers = {
  name: "bun build --target=browser: contains no polyfill of Node's modules, and seals with Web Crypto",
  async run(folder) {
    if (!existsSync(bun)) throw new Error("Bun is missing. Run: npm ci --prefix spec/bundles");
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
