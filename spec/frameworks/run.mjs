// Serves the same app in each framework, for a visitor with a cookie jar.
//
//     npm run test:frameworks                        all projects
//     node spec/frameworks/run.mjs vike rakkas       some of them
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { compile, install, unpack } from "./project.mjs";
import { projects } from "./servers.mjs";
import { Table } from "./table.mjs";
import { Upstream } from "./upstream.mjs";

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => projects.every((project) => project.name !== name));
if (unknown.length > 0) throw new Error(`There is no project ${unknown.join(", ")}`);
const chosen = projects.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const table = new Table();
for (const { servers } of chosen) {
  for (const { name, checks } of servers) {
    table.expect(name, ["types", "start", ...checks.map(({ name: column }) => column)]);
  }
}
setTimeout(() => {
  console.log("The run was stopped after six minutes.");
  table.print();
  process.exit(1);
}, 360_000).unref();

const upstream = new Upstream();
const env = {
  SESSION_KEY: randomBytes(32).toString("base64url"),
  UPSTREAM: await upstream.listen(),
};

const folder = await unpack();
// Installing waits for the network, and building for the processor.
await Promise.all(chosen.map((project) => tryProject(project)));
process.exit(table.print() ? 0 : 1);

async function tryProject({ name, example, compiled, servers }) {
  let project;
  try {
    project = await install(folder, name, example);
  } catch (error) {
    for (const server of servers) table.fail(server.name, "start", `npm ci: ${error.message}`);
    return;
  }
  const types = Promise.all(compiled.map((path) => compile(join(project, path))));
  for (const server of servers) {
    await check(server, "types", () => types);
    await tryServer(project, server);
  }
}

async function tryServer(project, server) {
  const running = await check(server, "start", () => server.start(project, env));
  if (!running) return;
  const { origin, output, stop } = running;
  for (const { name, run } of server.checks)
    await check(server, name, () => run(origin, upstream), output);
  await stop();
}

async function check({ name: server }, name, run, output = () => "") {
  try {
    const result = await run();
    table.pass(server, name);
    return result;
  } catch (error) {
    table.fail(server, name, `${error.message}\n${output()}`.trim());
    return undefined;
  }
}
