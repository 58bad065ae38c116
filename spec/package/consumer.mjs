// Installs the package, packed as npm would publish it, into a folder outside of the project.

import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const run = promisify(execFile);
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Calls `use` with a folder that has the packed package, its peers and `packages` installed. */
export async function withConsumer(packages, use) {
  if (!existsSync(join(root, "dist")))
    throw new Error("There is nothing to pack. Run first: npm run build");
  const consumer = mkdtempSync(join(tmpdir(), "session-package-"));
  try {
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", consumer], { cwd: root });
    const tarball = readdirSync(consumer).find((name) => name.endsWith(".tgz"));
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true }));
    // npm installs the peers, but not the optional one (redis): the package must load without it.
    await npmInstall(consumer, join(consumer, tarball), ...packages);
    await use(consumer);
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

/** A package of Hattip, in the version that this package supports. */
export function hattip(name) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return `@hattip/${name}@${peerDependencies["@hattip/core"]}`;
}

export async function npmInstall(folder, ...packages) {
  await run("npm", ["install", "--prefix", folder, "--prefer-offline", "--no-audit", ...packages]);
}
