// Checks that a tag may be published. Prints the dist-tag for npm as an output of a GitHub step.
//
//   node spec/package/release.mjs v1.0.0 hattipjs/hattip

import { readFileSync } from "node:fs";

const [tag, repository] = process.argv.slice(2);
const { version, repository: source } = JSON.parse(readFileSync("package.json", "utf8"));

const problems = [];
if (tag !== `v${version}`) problems.push(`The tag is ${tag}, and package.json has ${version}.`);
if (changesOf(version) === "") problems.push(`CHANGELOG.md has no entry for ${version}.`);
// npm refuses a provenance statement of another repository, after everything else has succeeded.
if (source.url !== `git+https://github.com/${repository}.git`)
  problems.push(`package.json names the repository ${source.url}, and this is ${repository}.`);

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exitCode = 1;
} else {
  // Without a dist-tag of its own, npm would install a preview for everybody.
  console.log(`dist-tag=${version.includes("-") ? "next" : "latest"}`);
}

/** The text of CHANGELOG.md under a heading. */
function changesOf(heading) {
  const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m);
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? "";
  return section.slice(heading.length).trim();
}
