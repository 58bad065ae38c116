import { build } from "esbuild";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../support/temporary-folder.js";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
/** Some packages are CommonJS. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/** Bundles the program: from source, each process would need seconds to start. */
export async function bundledProgram(): Promise<string> {
  const outdir = temporaryFolder("owners").path;
  await build({
    ...{ entryPoints: [path("program.ts")], outdir, outExtension: { ".js": ".mjs" } },
    ...{ bundle: true, splitting: true, platform: "node", format: "esm" },
    // Otherwise lib/node.ts would not choose node:crypto: package.json's sideEffects has only dist/.
    ignoreAnnotations: true,
    // The example imports the package. Here it is the source, as for all others.
    alias: { "@hattip/session": path("../../../lib/node.ts") },
    external: ["pg-native"],
    ...{ banner: { js: REQUIRE }, logLevel: "error" },
  });
  return join(outdir, "program.mjs");
}
