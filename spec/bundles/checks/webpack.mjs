import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startServer } from "../../runtimes/launchers/server-process.mjs";
import { bundle } from "../esbuild.mjs";
import { sealsWith } from "../visits.mjs";
import { inWorkerd } from "../worker.mjs";

/** The app is a library here, which contains this package and is minified by esbuild. */
const library = "minified-library.mjs";

export const webpacks = [
  {
    name: "webpack for the web, over a library that esbuild has minified: seals with Web Crypto",
    async run(folder) {
      writeFileSync(join(folder, library), await bundle(folder, "worker.mjs"));
      await runsOnTheWeb(folder, library);
    },
  },
  {
    name: "webpack for Node, over a library that esbuild has minified for Node: seals with node:crypto",
    async run(folder) {
      const options = { platform: "node" };
      writeFileSync(join(folder, library), await bundle(folder, "server.mjs", options));
      await runsOnNode(folder, library);
    },
  },
  {
    name: "webpack for the web: seals with Web Crypto",
    run: (folder) => runsOnTheWeb(folder, "worker.mjs"),
  },
  {
    name: "webpack for Node: seals with node:crypto",
    run: (folder) => runsOnNode(folder, "server.mjs"),
  },
];

async function runsOnTheWeb(folder, entry) {
  const script = await readFile(await pack(folder, entry, "web"), "utf8");
  await inWorkerd(script, [], (send) => sealsWith("Web Crypto", send));
}

async function runsOnNode(folder, entry) {
  const file = await pack(folder, entry, "node");
  const { send, stop } = await startServer(process.execPath, [file], folder);
  try {
    await sealsWith("node:crypto", send);
  } finally {
    stop();
  }
}

/** Bundles a file of the folder into an ES module. Returns the path of the bundle. */
async function pack(folder, entry, target) {
  const { default: webpack } = await import("webpack").catch((cause) => {
    throw new Error("webpack is missing. Run: npm ci --prefix spec/bundles", { cause });
  });
  const compiler = webpack({
    mode: "production",
    context: folder,
    entry: `./${entry}`,
    target: [target, "es2022"],
    experiments: { outputModule: true },
    optimization: { minimize: false }, // it takes most of the time, and changes nothing here
    output: {
      path: join(folder, "webpack"),
      filename: `${target}.mjs`,
      library: { type: "module" },
    },
  });
  const stats = await new Promise((resolve, reject) => {
    compiler.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString("errors-warnings"));
  return join(folder, "webpack", `${target}.mjs`);
}
