import { join } from "node:path";
import { installed } from "./installed.mjs";

/** The versions of Node that the package supports. No spec of mocha runs on the oldest two. */
export const NODES = {
  16: "16.20.2",
  18: "18.20.8",
  20: "20.20.2",
  22: "22.23.3",
  24: "24.21.0",
};

/** The path of a Node program. */
export async function nodeProgram(node) {
  if (node === "current") return process.execPath;
  const version = NODES[node];
  if (!version)
    throw new Error(`Node ${node} is not in the list: ${Object.keys(NODES).join(", ")}`);
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await installed(`node-${version}`, `${name}@${version}`);
  return join(folder, "node_modules", name, "bin", "node");
}
