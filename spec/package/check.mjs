// Packs the package as `npm publish` does it in a fresh clone, where the script `prepack` must build it.
// Then publint and Are The Types Wrong check the tarball.
//
//   npm run check:package

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, tarballIn } from "./consumer.mjs";

const SOURCES = ["package.json", "tsconfig.json", "tsconfig.esm.json", "tsconfig.cjs.json", "lib"];
const DOCUMENTS = ["README.md", "CHANGELOG.md", "LICENSE"];
const BUILDS = ["dist/esm/index.js", "dist/cjs/index.js", "dist/cjs/package.json"];

// A build removes dist/, and specs may be using the one of this folder.
const clone = mkdtempSync(join(tmpdir(), "session-clone-"));
try {
  for (const name of [...SOURCES, ...DOCUMENTS])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
  await run("npm", ["pack"], { cwd: clone });
  const tarball = tarballIn(clone);

  const { stdout } = await run("tar", ["-tzf", tarball]);
  const packed = stdout.trim().split("\n");
  const missing = [...DOCUMENTS, ...BUILDS].filter((file) => !packed.includes(`package/${file}`));
  if (missing.length > 0)
    throw new Error(`The tarball of a fresh clone lacks ${missing.join(", ")}`);
  console.log(`A fresh clone is packed into ${packed.length} files, with both builds`);

  await lint("publint", "--strict", tarball);
  await lint("attw", tarball);
} finally {
  rmSync(clone, { recursive: true, force: true });
}

async function lint(program, ...args) {
  const command = join(root, "node_modules", ".bin", program);
  const { code = 0, stdout, stderr } = await run(command, args).catch((error) => error);
  console.log(stdout);
  if (code !== 0) throw new Error(`${program} complains. ${stderr}`);
}
