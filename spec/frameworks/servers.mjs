// The projects of this folder, and the servers that each of them runs.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { address, common, routes } from "./checks.mjs";
import { startServer } from "./server.mjs";

const run = promisify(execFile);
const register = createRequire(import.meta.url).resolve("ts-blank-space/register");
const typeScript = ["--import", pathToFileURL(register).href];

const frameworks = [
  { name: "Hono", file: "hono.ts" },
  { name: "Express", file: "express.ts" },
  { name: "Fastify", file: "fastify.ts" },
  { name: "h3", file: "h3.ts" },
  { name: "Elysia", file: "elysia.ts" },
  { name: "Hono in Hattip", file: "inside-hattip.ts" },
];

export const projects = [
  {
    name: "universal",
    /** The files of examples/universal that each folder gets. */
    example: { ".": ["app.ts", "bridge.ts", ...frameworks.map(({ file }) => file)] },
    /** The folders with a tsconfig.json. */
    compiled: ["."],
    servers: frameworks.map(({ name, file }) => ({
      name,
      checks: [...common, address, ...routes],
      start: (folder, env) => startServer("node", [...typeScript, `serve-${file}`], folder, env),
    })),
  },
  {
    name: "vike",
    example: { hattip: ["app.ts"], hono: ["app.ts", "bridge.ts"] },
    compiled: ["hattip", "hono"],
    servers: ["hattip", "hono"].flatMap((folder) => [
      {
        name: `Vike, ${folder}, dev`,
        // Its server does not tell the client's address.
        checks: common,
        start: (project, env) =>
          startServer(bin(project, "vike"), ["dev", "--port", "PORT"], join(project, folder), env),
      },
      {
        name: `Vike, ${folder}, build`,
        checks: [...common, address],
        start: async (project, env) => {
          const cwd = join(project, folder);
          await run(bin(project, "vike"), ["build"], { cwd, timeout: 60_000 });
          return startServer("node", ["dist/server/index.mjs"], cwd, production(env));
        },
      },
    ]),
  },
  {
    name: "rakkas",
    example: { src: ["app.ts"] },
    compiled: ["."],
    servers: [
      {
        name: "Rakkas, dev",
        checks: [...common, address],
        start: (project, env) =>
          startServer(bin(project, "rakkas"), ["dev", "--port", "PORT"], project, env),
      },
      {
        name: "Rakkas, build",
        checks: [...common, address],
        start: async (project, env) => {
          await run(bin(project, "rakkas"), ["build"], { cwd: project, timeout: 60_000 });
          return startServer("node", ["dist/server/index.js"], project, production(env));
        },
      },
    ],
  },
];

function bin(project, name) {
  return join(project, "node_modules", ".bin", name);
}

function production(env) {
  return { ...env, NODE_ENV: "production" };
}
