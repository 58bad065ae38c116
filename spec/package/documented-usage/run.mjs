// Compiles the documented usage against the packed package, to ES modules and to CommonJS. The
// compiler is strict and checks all declarations. Then it visits the compiled apps over HTTP: on
// Node with a real Redis, and in workerd with its KV.

import { build } from "esbuild";
import { Miniflare } from "miniflare";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RedisServer } from "../../support/redis-server.js";
import { hattip, root, run } from "../consumer.mjs";

const HERE = join(root, "spec", "package", "documented-usage");
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The packages that it imports in addition to this package and its peers. */
export const PACKAGES = [
  ...["adapter-cloudflare-workers", "adapter-node", "response", "router"].map(hattip),
  ...["@cloudflare/workers-types", "@types/node", "redis"].map(
    (name) => `${name}@${devDependencies[name]}`,
  ),
];

const OPTIONS = { module: "nodenext", target: "es2022", strict: true, skipLibCheck: false };
/** Workers have their own types of the web platform. */
const PROGRAMS = {
  "main.ts": { lib: ["es2022", "dom", "dom.iterable"], types: ["node"] },
  "worker.ts": { lib: ["es2022"], types: ["@cloudflare/workers-types"] },
};

export async function runDocumentedUsage(consumer) {
  const redis = await RedisServer.start();
  try {
    for (const type of ["module", "commonjs"]) {
      const folder = await compile(consumer, type);
      await visitOnNode(folder, redis);
      // Workers are ES modules only.
      if (type === "module") await visitInWorkerd(folder);
    }
    assert.equal(await redis.cli("DBSIZE"), "4", "two sessions in Redis for each kind of module");
  } finally {
    await redis.stop();
  }
}

async function compile(consumer, type) {
  const folder = join(consumer, type);
  mkdirSync(folder);
  for (const file of ["app.ts", "stores.ts", "main.ts", "worker.ts", "default-redis-port.cjs"]) {
    copyFileSync(join(HERE, file), join(folder, file));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  for (const [file, platform] of Object.entries(PROGRAMS)) {
    const tsconfig = { compilerOptions: { ...OPTIONS, ...platform }, files: [file] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
    try {
      await run(process.execPath, [compiler, "--pretty", "false"], { cwd: folder });
    } catch (error) {
      throw new Error(`${file}, ${type}:\n${error.stdout}`, { cause: error });
    }
  }
  return folder;
}

async function visitOnNode(folder, redis) {
  const server = spawn(process.execPath, ["--require", "./default-redis-port.cjs", "main.js"], {
    cwd: folder,
    env: { ...process.env, REDIS_PORT: String(redis.port) },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 30_000,
  });
  const exit = once(server, "exit");
  try {
    const [origins] = await Promise.race([
      once(server.stdout.setEncoding("utf8"), "data"),
      exit.then(() => assert.fail("The server ended before it printed its origins.")),
    ]);
    for (const [name, origin] of Object.entries(JSON.parse(origins))) {
      await visit(name, origin);
    }
    server.stdin.end();
    assert.deepEqual(await exit, [0, null], "the process ends when everything is closed");
  } finally {
    server.kill();
  }
}

async function visitInWorkerd(folder) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "worker.js")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*"],
  });
  const miniflare = new Miniflare({
    modules: [{ type: "ESModule", path: "worker.mjs", contents: outputFiles[0].text }],
    compatibilityDate: "2025-07-18",
    kvNamespaces: ["SESSIONS"],
    cf: false,
  });
  try {
    await visit("KvSessionStore", (await miniflare.ready).href);
    const { keys } = await (await miniflare.getKVNamespace("SESSIONS")).list();
    assert.equal(keys.length, 2, "two sessions in KV");
  } finally {
    await miniflare.dispose();
  }
}

/** One visitor logs in and comes back. A visitor without the cookie gets another session. */
async function visit(name, origin) {
  const login = await fetch(origin, { method: "POST" });
  assert.deepEqual(await login.json(), { userId: "ada" }, name);
  const [cookie] = login.headers.get("set-cookie").split(";");
  const again = await fetch(origin, { headers: { cookie } });
  assert.deepEqual(await again.json(), { userId: "ada" }, `${name}, the next request`);
  const stranger = await fetch(origin);
  assert.notDeepEqual(await stranger.json(), { userId: "ada" }, `${name}, another visitor`);
}
