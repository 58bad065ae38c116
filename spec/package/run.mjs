// Packs the package as npm would publish it, and installs the tarball into a temporary folder. Then
// it uses the package with require() and with import on each supported Node, and with TypeScript on
// the current Node.
//
//   npm run smoke                on all of them
//   npm run smoke -- 16 20       on some, without TypeScript
//   npm run smoke -- current     on the current Node

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { hattip, npmInstall, root, run, withConsumer } from "./consumer.mjs";
import { PACKAGES, runDocumentedUsage } from "./documented-usage/run.mjs";
import { NODES, nodeProgram } from "./nodes.mjs";

// With this option require() rejects ES modules, as on Node 16 and 18.
const STRICT_REQUIRE = "--no-experimental-require-module";

async function main(wanted) {
  await withConsumer([hattip("polyfills"), hattip("adapter-node")], async (consumer) => {
    for (const file of ["smoke.cjs", "smoke.mjs", "round-trips.cjs", "legacy-example.cjs"]) {
      copyFileSync(join(root, "spec", "package", file), join(consumer, file));
    }
    copyFileSync(join(root, "examples", "legacy.cjs"), join(consumer, "legacy.cjs"));
    for (const node of wanted.length > 0 ? wanted : Object.keys(NODES)) {
      const program = await nodeProgram(node);
      const version = (await run(program, ["--version"])).stdout.trim();
      const flags = Number.parseInt(version.slice(1)) >= 20 ? [STRICT_REQUIRE] : [];
      await smoke(program, [...flags, "smoke.cjs"], consumer);
      await smoke(program, ["smoke.mjs"], consumer);
      await smoke(program, [...flags, "legacy-example.cjs"], consumer);
      console.log(`Node ${version}: require(), import and the CommonJS example work`);
    }
    if (wanted.length > 0 && !wanted.includes("current")) return;
    // This comes last, because it installs redis, and the checks above must work without redis.
    await npmInstall(consumer, ...PACKAGES);
    await runDocumentedUsage(consumer);
    console.log("The documented usage compiles and works, as ES modules and as CommonJS");
  });
}

async function smoke(program, args, cwd) {
  try {
    await run(program, args, { cwd });
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}\n${error.stderr}`, { cause: error });
  }
}

await main(process.argv.slice(2));
