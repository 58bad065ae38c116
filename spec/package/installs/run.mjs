// Does what the README's section “Start” says, with the packed package in place of the published
// one: installs what its install line names, starts its app, visits it twice, and compiles it in
// TypeScript. With npm, pnpm and Yarn Plug'n'Play, and with the oldest and some later versions of
// Hattip.
//
//   npm run test:installs

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { twoAtOnce } from "../at-once.mjs";
import { pack } from "../consumer.mjs";
import { npm, pnpm, yarn } from "./managers.mjs";
import { quickstart } from "./project.mjs";

/** Hattip 0.0.46 to 0.0.48 came without new versions of these packages. */
const UNCHANGED = ["@hattip/cookie", "@hattip/response"];

const versions = ["0.0.40", "0.0.44", "0.0.47"].map((version) => ({
  manager: npm,
  hattip: version,
  versionOf: (name) => (version === "0.0.47" && UNCHANGED.includes(name) ? "0.0.45" : version),
  // @hattip/cookie 0.0.45 has its own copy of @hattip/compose. The compiler needs a single copy.
  overrides: version === "0.0.47" ? { "@hattip/compose": "$@hattip/compose" } : undefined,
}));
/** Yarn takes longest, so it comes first. */
const projects = [yarn, pnpm, npm].map((manager) => ({ manager, hattip: "the newest" }));
const failures = [];

const packed = mkdtempSync(join(tmpdir(), "session-packed-"));
process.on("exit", () => rmSync(packed, { recursive: true, force: true }));
const tarball = await pack(packed);

await twoAtOnce([...projects, ...versions], async (project) => {
  const name = `${project.manager.name}, Hattip: ${project.hattip}`;
  const start = performance.now();
  try {
    await quickstart(tarball, project);
    const seconds = (performance.now() - start) / 1000;
    console.log(`ok    ${name} (${seconds.toFixed(1)} s)`);
  } catch (error) {
    console.log(`FAIL  ${name}`);
    failures.push(`${name}\n${error.message}`);
  }
});
if (failures.length > 0) throw new Error(failures.join("\n\n"));
