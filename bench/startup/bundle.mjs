import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("..", import.meta.url));

/** Wrangler bundles with these conditions. */
export const FOR_WORKERS = { conditions: ["workerd", "worker", "browser"] };

/** Bundles and minifies a program, as if it were a file in bench/. Returns the bytes. */
export async function bundle(program, options) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: BENCH },
    absWorkingDir: BENCH,
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    logLevel: "silent",
    ...options,
  });
  return outputFiles[0].contents;
}
