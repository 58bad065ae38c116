import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..");

/**
 * Packs the project and installs it next to the app in a temporary folder, like a user. The folder
 * is removed when this process ends.
 */
export function installProject() {
  if (!existsSync(join(root, "dist/esm/index.js")))
    throw new Error("There is nothing to pack. Run first: npm run build");

  const folder = mkdtempSync(join(tmpdir(), "session-runtimes-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(here, "app"), folder, { recursive: true });

  npm(root, "pack", "--ignore-scripts", "--pack-destination", folder);
  const tarball = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  npm(folder, "install", "--no-save", "--ignore-scripts", "--prefer-offline", `./${tarball}`);
  return folder;
}

function npm(cwd, ...args) {
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 60_000,
  });
}
