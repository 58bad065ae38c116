import { fileURLToPath } from "node:url";
import { bunProgram } from "../package/bun.mjs";
import { NODES, nodeProgram } from "../package/nodes.mjs";
import { startChromium } from "./launchers/chromium.mjs";
import { startEdgeVm } from "./launchers/edge-vm.mjs";
import { startServer } from "./launchers/server-process.mjs";
import { startWorkerd } from "./launchers/workerd.mjs";

const npm = "npm ci, npm run test:runtimes";
const apt = `apt-get install chromium-headless-shell, ${npm}`;

const nodes = new Map(
  await Promise.all(Object.keys(NODES).map(async (key) => [key, await nodeProgram(key)])),
);
const bun = await bunProgram();
// The command in .bin needs an install script, which npm has not run here.
const deno = installed("@deno/linux-x64-glibc/deno");
const denoRun = [
  "run",
  "--node-modules-dir=manual",
  "--no-remote",
  "--allow-net=127.0.0.1",
  "--allow-env", // ioredis reads the environment
];

/** The runtimes: a function that starts one in the app's folder, and the command to install it. */
export const runtimes = [
  withoutCookies(
    runtime("Node 16 CommonJS without fetch", npm, node("16", "node-without-fetch.cjs")),
  ),
  ...[...nodes.keys()].flatMap((version) => [
    runtime(`Node ${version} CommonJS`, npm, node(version, "node.cjs")),
    runtime(`Node ${version} ES modules`, npm, node(version, "node.mjs")),
  ]),
  withRedis("Deno with Redis", npm, (folder, url) =>
    startServer(deno, [...denoRun, "deno.mjs", url], folder),
  ),
  withRedis("Bun with Redis", npm, (folder, url) =>
    startServer(bun, ["run", "bun.mjs", url], folder),
  ),
  runtime("workerd", npm, (folder) => startWorkerd(folder, [])),
  runtime("workerd nodejs_compat", npm, (folder) => startWorkerd(folder, ["nodejs_compat"])),
  runtime("Edge VM", npm, startEdgeVm),
  withoutCookies(runtime("Chromium", apt, startChromium)),
];

function runtime(name, install, start) {
  return { name, install, start, hasRedis: false, hasCookies: true };
}

/** In a page, or without the fetch API, a Request has no Cookie header. */
function withoutCookies(its) {
  return { ...its, hasCookies: false };
}

/** `start` gets the URL of Redis as its last argument. */
function withRedis(name, install, start) {
  return { ...runtime(name, install, start), hasRedis: true };
}

function node(version, script) {
  return (folder) => startServer(nodes.get(version), [script], folder);
}

function installed(path) {
  return fileURLToPath(new URL(`node_modules/${path}`, import.meta.url));
}
