// npm run bench [-- --quick] [--rounds=N] [--ms=N] [--clock=cpu] [--kinds=signed,redis]
// [--no-growth] [--no-install] [--no-docs]
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    ms: { type: "string" },
    clock: { type: "string", default: "wall" },
    kinds: { type: "string", default: "signed,encrypted,unsigned,memory,redis" },
    "no-growth": { type: "boolean", default: false },
    "no-install": { type: "boolean", default: false },
    "no-docs": { type: "boolean", default: false },
  },
});

if (!options["no-install"]) {
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: HERE, stdio: "inherit" });
  execFileSync("npm", ["run", "build"], { cwd: ROOT, stdio: "inherit" });
}

// These modules import packages that the lines above install and build.
const { compare } = await import("./comparison.mjs");
const { grow } = await import("./growth.mjs");
const { startRedis } = await import("./redis-server.mjs");
const { picture } = await import("./picture.mjs");
const { report } = await import("./report.mjs");

const redis = await startRedis();
const settings = {
  rounds: Number(options.rounds ?? (options.quick ? 3 : 15)),
  milliseconds: Number(options.ms ?? (options.quick ? 10 : 40)),
  clock: options.clock,
  maxSessions: options.quick ? 10_000 : 1_000_000,
  redisUrl: redis.url,
  log: (line) => console.error(line),
};

const fields = [];
for (const kind of ["nothing", ...options.kinds.split(",")])
  fields.push(await compare(kind, settings));
const lines = options["no-growth"] ? [] : await grow(settings);
await redis.stop();

const given = process.argv.slice(2).filter((argument) => !argument.startsWith("--no-"));
const command = ["npm run bench", ...(given.length ? ["--", ...given] : [])].join(" ");
const text = report({ fields, lines, settings, command });
console.log(text);
if (!options["no-docs"]) {
  mkdirSync(`${ROOT}docs`, { recursive: true });
  writeFileSync(`${ROOT}docs/performance.md`, text);
  writeFileSync(`${ROOT}docs/performance.svg`, picture({ fields, lines }));
  execFileSync("npx", ["prettier", "--write", "docs/performance.md"], { cwd: ROOT });
}
process.exit(0);
