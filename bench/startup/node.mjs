import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rounded } from "../statistics.mjs";
import { bundle } from "./bundle.mjs";
import { turns } from "./turns.mjs";

const PROGRAM = fileURLToPath(new URL("process.mjs", import.meta.url));
const ESM = fileURLToPath(new URL("../../dist/esm/node.js", import.meta.url));
const COMMON_JS = fileURLToPath(new URL("../../dist/cjs/node.js", import.meta.url));
const IN_ONE_FILE = `export { session, EncryptedCookieStore } from "../dist/esm/node.js"`;

/** What takes part. `imports` are the modules that an app with this session imports. */
function librariesOf(oneFile) {
  return [
    ours("encrypted", ESM),
    ours("signed", ESM),
    ours("memory", ESM),
    { ...ours("encrypted", COMMON_JS), build: "CommonJS", isCommonJs: true },
    { ...ours("encrypted", oneFile), build: "bundled into one file" },
    peer("cookie-session", "signed", "cookie-session"),
    peer("react-router", "signed", "react-router"),
    peer("hono-cookies", "signed", "hono", "hono/cookie"),
    peer("fastify-secure-session", "encrypted", "fastify", "@fastify/secure-session"),
    peer("iron-session", "encrypted", "iron-session"),
    peer("h3", "encrypted", "h3"),
    peer("hono-sessions", "encrypted", "hono", "hono-sessions"),
    peer("hattip-session-0.0.49", "encrypted", "@hattip/cookie", "hattip-session-0.0.49"),
    peer("express-session", "memory", "express-session"),
    peer("fastify-session", "memory", "fastify", "@fastify/cookie", "@fastify/session"),
    peer("nothing-fastify", "nothing", "fastify"),
  ];
}

function ours(kind, file) {
  return { kind, imports: [file], contender: "./this-package.mjs" };
}

function peer(id, kind, ...imports) {
  return { kind, imports, contender: `../contenders/${id}.mjs` };
}

/**
 * All libraries take turns in rounds, each time with a new process. The times are milliseconds until
 * the import, until the first answer, and the CPU time until then.
 */
export async function measureOnNode(rounds) {
  const folder = mkdtempSync(join(tmpdir(), "session-startup-"));
  try {
    const oneFile = join(folder, "session.mjs");
    writeFileSync(oneFile, await bundle(IN_ONE_FILE, { platform: "node" }));
    const libraries = librariesOf(oneFile);
    const results = [];
    for (const library of libraries) {
      const { title } = await import(library.contender);
      const { kind, build } = library;
      const { files } = start({ ...library, isCounted: true });
      results.push({ title, kind, build, files, times: { import: [], answer: [], cpu: [] } });
    }
    for (const turn of turns(libraries.length, rounds)) {
      const { elapsed, cpu } = start(libraries[turn]);
      const { times } = results[turn];
      times.import.push(rounded(elapsed.import));
      times.answer.push(rounded(elapsed.answer));
      times.cpu.push(rounded(cpu.answer));
    }
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(library) {
  const env = { ...process.env, NODE_ENV: "production" };
  const output = execFileSync(process.execPath, [PROGRAM, JSON.stringify(library)], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 10_000,
  });
  return JSON.parse(output);
}
