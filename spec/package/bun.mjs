import { join } from "node:path";
import { installed } from "./installed.mjs";

const VERSION = "1.4.5";

/** The path of Bun. The package `bun` would choose this one in an install script. */
export async function bunProgram() {
  const folder = await installed(`bun-${VERSION}`, `@oven/bun-linux-x64@${VERSION}`);
  return join(folder, "node_modules", "@oven", "bun-linux-x64", "bin", "bun");
}
