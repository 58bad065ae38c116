import { build } from "esbuild";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../support/temporary-folder.js";

const PROGRAM = fileURLToPath(new URL("app-program.ts", import.meta.url));
/** The clients are CommonJS. */
const REQUIRE =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

/**
 * Bundles the program of the app with its packages: from source, each process would need seconds to
 * start. Each client is a file of its own, which is loaded only where it is used.
 */
export async function bundledProgram(): Promise<string> {
  const outdir = temporaryFolder("soak").path;
  await build({
    ...{ entryPoints: [PROGRAM], outdir, outExtension: { ".js": ".mjs" } },
    ...{ bundle: true, splitting: true, platform: "node", format: "esm" },
    // Otherwise lib/node.ts would not choose node:crypto: package.json's sideEffects has only dist/.
    ignoreAnnotations: true,
    ...{ banner: { js: REQUIRE }, logLevel: "error" },
  });
  return join(outdir, "app-program.mjs");
}
