import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeProgram } from "../../package/nodes.mjs";
import { startServer } from "../../runtimes/launchers/server-process.mjs";
import { bundle } from "../esbuild.mjs";
import { sealsWith } from "../visits.mjs";

const VERSIONS = [16, 18, 20];

export const nodes = [
  onNode("an ES module", "server.mjs", "esm"),
  onNode("CommonJS", "server.mjs", "cjs"),
  onNode("CommonJS, with require()", "server.cjs", "cjs"),
];

function onNode(what, entry, format) {
  return {
    name: `esbuild for Node, as ${what}: seals with node:crypto on Node ${VERSIONS.join(", ")}`,
    async run(folder) {
      const file = `bundle.${format === "esm" ? "mjs" : "cjs"}`;
      writeFileSync(join(folder, file), await bundle(folder, entry, { format, platform: "node" }));
      for (const version of VERSIONS) await runsOn(version, file, folder);
    },
  };
}

async function runsOn(version, file, folder) {
  const { send, stop } = await startServer(await nodeProgram(version), [file], folder);
  try {
    await sealsWith("node:crypto", send);
  } catch (error) {
    throw new Error(`Node ${version}: ${error.message}`, { cause: error });
  } finally {
    stop();
  }
}
