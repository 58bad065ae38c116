import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pack } from "../package/consumer.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/**
 * Packs the project and installs it next to the app in a temporary folder, like a user. The folder
 * is removed when this process ends.
 */
export async function installProject() {
  const folder = mkdtempSync(join(tmpdir(), "session-runtimes-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(here, "app"), folder, { recursive: true });

  const tarball = await pack(folder);
  npm(folder, "install", "--no-save", "--ignore-scripts", "--prefer-offline", tarball);
  return folder;
}

function npm(cwd, ...args) {
  execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 60_000,
  });
}
