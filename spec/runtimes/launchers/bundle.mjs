import { join } from "node:path";

/**
 * Bundles like the deployment tools of Workers and Edge functions: into one file, without Node's
 * own modules.
 */
export async function bundle(folder, entry, format, conditions) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    absWorkingDir: folder,
    bundle: true,
    write: false,
    format,
    platform: "browser",
    target: "es2022",
    conditions,
    external: ["node:*"],
    logLevel: "silent",
  });
  return outputFiles[0].text;
}
