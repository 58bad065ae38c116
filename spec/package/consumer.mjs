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
  const consumer = mkdtempSync(join(tmpdir(), "session-package-"));
  try {
    const tarball = await pack(consumer);
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ private: true }));
    // The optional peer (redis) is left out: the package must load without it.
    const peers = [hattip("compose"), hattip("cookie")];
    await npmInstall(consumer, tarball, ...peers, ...packages);
    await use(consumer);
  } finally {
    rmSync(consumer, { recursive: true, force: true });
  }
}

/** Packs the package as npm would publish it, and returns the path of the tarball. */
export async function pack(folder) {
  if (!existsSync(join(root, "dist")))
    throw new Error("There is nothing to pack. Run first: npm run build");
  await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  return tarballIn(folder);
}

/** The path of the tarball that `npm pack` has written into the folder. */
export function tarballIn(folder) {
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  return join(folder, name);
}

/** A package of Hattip, in the version that this package is developed with. */
export function hattip(name) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return `@hattip/${name}@${devDependencies["@hattip/compose"]}`;
}

export async function npmInstall(folder, ...packages) {
  await run("npm", ["install", "--prefix", folder, "--prefer-offline", "--no-audit", ...packages]);
}
