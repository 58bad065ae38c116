// Miniflare gets each bundle as one text. Then it reads the bundle, and rejects an import() whose
// argument is not a literal.
import { bundle } from "../esbuild.mjs";
import { sealsWith } from "../visits.mjs";
import { inWorkerd } from "../worker.mjs";

// Wrangler bundles with these conditions.
const wrangler = ["workerd", "worker", "browser"];
const nodejsCompat = ["nodejs_compat"];

export const workers = [
  worker("bundled like wrangler", wrangler, [], "Web Crypto"),
  worker("bundled like wrangler, nodejs_compat", wrangler, nodejsCompat, "node:crypto"),
  worker("bundled with esbuild's defaults", undefined, [], "Web Crypto"),
  worker("bundled with esbuild's defaults, nodejs_compat", undefined, nodejsCompat, "Web Crypto"),
];

function worker(name, conditions, flags, engine) {
  return {
    name: `Workers: ${name}: seals with ${engine}`,
    async run(folder) {
      const script = await bundle(folder, "worker.mjs", { conditions });
      await inWorkerd(script, flags, (send) => sealsWith(engine, send));
    },
  };
}
