import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const LIB = new URL("../../lib/", import.meta.url);

/**
 * Bundles a program into one module for Workers, as wrangler does without `nodejs_compat`. It gets
 * this package from its source, like the specs.
 */
export async function bundleForWorkers(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    alias: {
      "@hattip/session": fileURLToPath(new URL("workerd.ts", LIB)),
      "@hattip/session/testing": fileURLToPath(new URL("testing.ts", LIB)),
    },
    external: ["node:*", "cloudflare:workers"],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
