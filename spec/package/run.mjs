// Packs the package as npm would publish it, installs the tarball into a folder of its own, and
// uses it from there, by require() and by import, on each supported Node.
//
//   npm run smoke                on all of them
//   npm run smoke -- 16 20       on some
//   npm run smoke -- current     on the Node that runs this

import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

// mocha needs Node 20, so that the oldest two are covered by nothing else.
const NODES = {
  16: "16.20.2",
  18: "18.20.8",
  20: "20.20.2",
  22: "22.23.3",
  24: "24.21.0",
};
// Makes require() refuse ES modules, as it does on Node 16 and 18.
const STRICT_REQUIRE = "--no-experimental-require-module";

async function main(wanted) {
  if (!existsSync(join(root, "dist"))) throw new Error("Nothing to pack: npm run build");
  const consumer = mkdtempSync(join(tmpdir(), "session-package-"));
  try {
    await installTarball(consumer);
    for (const node of wanted.length > 0 ? wanted : Object.keys(NODES)) {
      const program = await nodeProgram(node);
      const version = (await run(program, ["--version"])).stdout.trim();
      const flags = Number.parseInt(version.slice(1)) >= 20 ? [STRICT_REQUIRE] : [];
      await smoke(program, [...flags, "smoke.cjs"], consumer);
      await smoke(program, ["smoke.mjs"], consumer);
      await smoke(program, [...flags, "legacy-example.cjs"], consumer);
      console.log(`Node ${version}: require(), import and the CommonJS example work`);
    }
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

async function installTarball(consumer) {
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", consumer], { cwd: root });
  const tarball = readdirSync(consumer).find((name) => name.endsWith(".tgz"));
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true }));
  // The peers come by themselves, the optional one (redis) does not: nothing may need it to load.
  const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const hattip = ["polyfills", "adapter-node"].map(
    (name) => `@hattip/${name}@${peerDependencies["@hattip/core"]}`,
  );
  await npmInstall(consumer, join(consumer, tarball), ...hattip);
  for (const file of ["smoke.cjs", "smoke.mjs", "round-trips.cjs", "legacy-example.cjs"]) {
    copyFileSync(join(here, file), join(consumer, file));
  }
  copyFileSync(join(root, "examples", "legacy.cjs"), join(consumer, "legacy.cjs"));
}

async function nodeProgram(node) {
  if (node === "current") return process.execPath;
  const version = NODES[node];
  if (!version) throw new Error(`No Node ${node} here, only ${Object.keys(NODES).join(", ")}`);
  const folder = join(root, ".cache", `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(folder, "node_modules", name, "bin", "node");
  if (!existsSync(program)) {
    console.log(`Fetching Node ${version}`);
    await npmInstall(folder, `${name}@${version}`);
  }
  return program;
}

async function npmInstall(folder, ...packages) {
  await run("npm", ["install", "--prefix", folder, "--prefer-offline", "--no-audit", ...packages]);
}

async function smoke(program, args, cwd) {
  try {
    await run(program, args, { cwd });
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}\n${error.stderr}`, { cause: error });
  }
}

await main(process.argv.slice(2));
