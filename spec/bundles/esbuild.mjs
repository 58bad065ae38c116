import assert from "node:assert/strict";
import { build } from "esbuild";
import { join } from "node:path";

/** Bundles and minifies a file of the folder. Returns the text. */
export async function bundle(folder, entry, options = {}) {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(folder, entry)],
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    logLevel: "silent",
    ...options,
  });
  assert.deepEqual(warnings, []);
  return outputFiles[0].text;
}
