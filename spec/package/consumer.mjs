// A folder outside of the project that uses the package as npm would publish it.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const run = promisify(execFile);
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/**
 * Calls back with a folder in which the packed package is installed, with its peers
 * and what else is asked for.
 */
export async function withConsumer(packages, use) {
  if (!existsSync(join(root, "dist"))) throw new Error("Nothing to pack: npm run build");
  const consumer = mkdtempSync(join(tmpdir(), "session-package-"));
  try {
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", consumer], { cwd: root });
    const tarball = readdirSync(consumer).find((name) => name.endsWith(".tgz"));
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true }));
    // The peers come by themselves, the optional one (redis) does not: nothing may need it to load.
    await npmInstall(consumer, join(consumer, tarball), ...packages);
    await use(consumer);
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

/** One of Hattip's own packages, of the version that the package is for. */
export function hattip(name) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return `@hattip/${name}@${peerDependencies["@hattip/core"]}`;
}

export async function npmInstall(folder, ...packages) {
  await run("npm", ["install", "--prefix", folder, "--prefer-offline", "--no-audit", ...packages]);
}
