import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, root } from "./consumer.mjs";

const CACHE = join(root, ".cache");

/**
 * The folder `.cache/<name>`, which has the package installed. It is installed only once, also if
 * several processes ask for it at the same time.
 */
export async function installed(name, specifier) {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  console.log(`Fetching ${specifier}`);
  mkdirSync(CACHE, { recursive: true });
  // Under its own name, so that no process sees a folder that is not complete.
  const unfinished = mkdtempSync(join(CACHE, "unfinished-"));
  try {
    await npmInstall(unfinished, specifier);
    renameSync(unfinished, folder);
  } catch (error) {
    // Another process was faster.
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}
