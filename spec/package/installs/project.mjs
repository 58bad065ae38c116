import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../support/free-port.js";
import { ServerProcess } from "../../support/server-process.js";
import { waitUntil } from "../../support/wait-until.js";
import { root } from "../consumer.mjs";
import { javascriptApp, packages, typescriptApp } from "./quickstart.mjs";

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** The project has no DOM library, and the compiler checks the declarations of all packages. */
const COMPILER_OPTIONS = {
  target: "es2022",
  lib: ["es2022"],
  types: ["node"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Does what the README's section “Start” says, in a folder outside of this project. */
export async function quickstart(tarball, { manager, versionOf, overrides }) {
  const folder = mkdtempSync(join(tmpdir(), "session-installs-"));
  // Also when a signal ends this process.
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    copyFileSync(tarball, join(folder, "session.tgz"));
    const files = { ...manager.settings, "package.json": JSON.stringify(packageOf(manager)) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

    await manager.add(
      folder,
      packages.map((name) => specifier(name, versionOf?.(name))),
    );
    await manager.checkPeers(folder);
    await visitTwice(folder, manager);
    if (overrides) {
      edit(join(folder, "package.json"), { overrides });
      await manager.add(folder, []);
    }
    await compile(folder, manager);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

function packageOf({ typescript }) {
  const types = devDependencies["@types/node"];
  return { private: true, type: "module", devDependencies: { typescript, "@types/node": types } };
}

function specifier(name, version) {
  if (name === "@hattip/session") return `${name}@file:./session.tgz`;
  return version ? `${name}@${version}` : name;
}

function edit(path, changes) {
  const content = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...content, ...changes }));
}

async function visitTwice(folder, { nodeOptions }) {
  const port = await freePort();
  writeFileSync(join(folder, "app.mjs"), javascriptApp(port));
  const SESSION_KEY = randomBytes(32).toString("base64url");
  const server = await ServerProcess.start("node", [...nodeOptions, "app.mjs"], "nodejs", {
    cwd: folder,
    env: { ...process.env, SESSION_KEY },
  });
  try {
    let first;
    await waitUntil(`the app on port ${port}`, async () => {
      if (server.hasExited) return true;
      first = await fetch(`http://localhost:${port}/`);
      return true;
    });
    if (server.hasExited) throw new Error(server.output);
    assert.equal(await first.text(), "Visit 1\n", server.output);
    const [cookie] = first.headers.get("set-cookie").split(";");
    const second = await fetch(`http://localhost:${port}/`, { headers: { cookie } });
    assert.equal(await second.text(), "Visit 2\n", server.output);
  } finally {
    await server.end("SIGTERM");
  }
}

async function compile(folder, manager) {
  writeFileSync(join(folder, "app.ts"), typescriptApp());
  const tsconfig = { compilerOptions: COMPILER_OPTIONS, files: ["app.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  await manager.compile(folder);
}
