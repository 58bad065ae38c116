// Installs the projects as a user does: from their package-lock.json, with the packed package.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack, root, run } from "../package/consumer.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const examples = join(root, "examples", "universal");

/** Packs and unpacks the package in a temporary folder, which is removed when this process ends. */
export async function unpack() {
  const folder = mkdtempSync(join(tmpdir(), "session-frameworks-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  await run("tar", ["-xzf", await pack(folder)], { cwd: folder });
  return folder;
}

/** Installs a project of this folder, with files of the example in some of its folders. */
export async function install(folder, name, example) {
  const project = join(folder, name);
  cpSync(join(here, name), project, { recursive: true, filter: isSource });
  for (const [path, files] of Object.entries(example)) {
    for (const file of files) cpSync(join(examples, file), join(project, path, file));
  }
  await npm(project, "ci", "--ignore-scripts", "--prefer-offline");
  // npm install would resolve all packages again. The lock file has the peers of this package.
  const target = join(project, "node_modules", "@hattip", "session");
  cpSync(join(folder, "package"), target, { recursive: true });
  return project;
}

/** Compiles a folder of a project with this repository's TypeScript. */
export async function compile(folder) {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  // tsc writes its errors to stdout.
  await run(tsc, ["-p", folder]).catch((error) => {
    throw new Error(error.stdout || error.message, { cause: error });
  });
}

function isSource(path) {
  return !/\/(node_modules|dist)(\/|$)/.test(path.slice(here.length));
}

async function npm(cwd, ...args) {
  await run("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    timeout: 180_000,
  });
}
