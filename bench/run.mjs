// npm run bench [-- --quick] [--rounds=N] [--ms=N] [--kinds=signed,redis] [--no-growth]
// [--no-start-up] [--no-install] [--no-docs] [--from=result.json]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RESULT = `${HERE}result.json`;

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    ms: { type: "string" },
    kinds: { type: "string", default: "signed,encrypted,unsigned,memory,redis" },
    "no-growth": { type: "boolean", default: false },
    "no-start-up": { type: "boolean", default: false },
    "no-install": { type: "boolean", default: false },
    "no-docs": { type: "boolean", default: false },
    from: { type: "string" },
  },
});

// A signal must also stop redis-server, which the listener of "exit" does.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const result = options.from ? JSON.parse(readFileSync(options.from, "utf8")) : await measure();
const { pagesOf } = await import("./pages.mjs");
const pages = await pagesOf(result);
console.log(pages["docs/performance.md"]);
if (!options["no-docs"]) {
  for (const [path, text] of Object.entries(pages)) writeFileSync(`${ROOT}${path}`, text);
}
process.exit(0);

async function measure() {
  if (!options["no-install"]) {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: HERE, stdio: "inherit" });
    execFileSync("npm", ["run", "build"], { cwd: ROOT, stdio: "inherit" });
  }
  // These modules import packages that the lines above install and build.
  const { compare } = await import("./comparison.mjs");
  const { grow } = await import("./growth.mjs");
  const { startRedis } = await import("./redis-server.mjs");
  const { measureStartUp } = await import("./startup.mjs");
  const { measureSizes } = await import("./sizes.mjs");

  const redis = await startRedis();
  const settings = {
    rounds: Number(options.rounds ?? (options.quick ? 3 : 9)),
    warmUp: options.quick ? 100 : 600,
    milliseconds: Number(options.ms ?? (options.quick ? 10 : 40)),
    maxSessions: options.quick ? 10_000 : 1_000_000,
    redisUrl: redis.url,
    log: (line) => console.error(`${Math.round(process.uptime())} s: ${line}`),
  };
  const fields = [];
  for (const kind of ["nothing", ...options.kinds.split(",")]) {
    fields.push(await compare(kind, settings));
  }
  const lines = options["no-growth"] ? [] : await grow(settings);
  await redis.stop();
  const startUp = options["no-start-up"] ? undefined : await measureStartUp(settings);
  const bundles = await measureSizes();

  const { rounds, milliseconds } = settings;
  const measured = { command: command(), ...machine(), rounds, milliseconds };
  const measurement = { measured, fields, lines, startUp, bundles };
  // Kept, so that the pages can be written again without another measurement.
  if (!options["no-docs"]) writeFileSync(RESULT, await json(measurement));
  return measurement;
}

function command() {
  const given = process.argv.slice(2).filter((argument) => argument !== "--no-install");
  return ["npm run bench", ...(given.length > 0 ? ["--", ...given] : [])].join(" ");
}

function machine() {
  const [{ model }, ...others] = cpus();
  return { node: process.version, processor: model.trim(), cores: others.length + 1 };
}

async function json(value) {
  const { format } = await import("prettier");
  return format(JSON.stringify(value), { parser: "json", printWidth: 100 });
}
