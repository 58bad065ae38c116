import { cloudflare } from "@cloudflare/unenv-preset";
import { build, type Plugin } from "esbuild";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { defineEnv } from "unenv";

const { env } = defineEnv({ presets: [cloudflare] });
const natives = new Set(env.external);
const globals = env.inject as Record<string, string>;

/**
 * Bundles like wrangler with `nodejs_compat`: into one file, with polyfills of Node's APIs that
 * workerd lacks.
 */
export async function bundleWithNodejsCompat(entry: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    inject: [...env.polyfill.map(pathOf), ...Object.keys(globals).map((name) => `global:${name}`)],
    plugins: [nodejsCompat],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

const nodejsCompat: Plugin = {
  name: "nodejs-compat",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, kind }) => {
      const alias = env.alias[path] ?? path;
      if (!natives.has(alias)) return alias === path ? undefined : { path: pathOf(alias) };
      // Modules in workerd have no require().
      return kind === "require-call"
        ? { path: alias, namespace: "required" }
        : { path: alias, external: true };
    });
    onLoad({ filter: /./, namespace: "required" }, ({ path }) => ({
      contents: `import native from "${path}"; module.exports = native;`,
    }));
    onResolve({ filter: /^global:/ }, ({ path }) => ({ path, namespace: "global" }));
    onLoad({ filter: /./, namespace: "global" }, ({ path }) => {
      const name = path.slice("global:".length);
      const module = pathOf(globals[name]!);
      return {
        contents: `import value from "${module}"; globalThis.${name} = value;`,
        resolveDir: dirname(module),
      };
    });
  },
};

function pathOf(module: string): string {
  return fileURLToPath(import.meta.resolve(module));
}
