import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./support/temporary-folder.js";

const PROGRAM = fileURLToPath(new URL("package/release.mjs", import.meta.url));

describe("The check of a release", () => {
  const folder = temporaryFolder("release");
  after(() => folder.remove());

  function check(tag: string, version: string, changelog: string, repository = "owner/session") {
    const url = "git+https://github.com/owner/session.git";
    const manifest = JSON.stringify({ version, repository: { type: "git", url } });
    writeFileSync(join(folder.path, "package.json"), manifest);
    writeFileSync(join(folder.path, "CHANGELOG.md"), changelog);
    const args = [PROGRAM, tag, repository];
    return spawnSync(process.execPath, args, { cwd: folder.path, encoding: "utf8" });
  }

  const CHANGELOG = "# Changelog\n\n## 1.2.0\n\n### Added\n\n- `ping()`.\n\n## 1.1.0\n\n- Older.\n";

  it("passes a tag of package.json's version with an entry in the changelog", () => {
    const { status, stdout } = check("v1.2.0", "1.2.0", CHANGELOG);
    expect([status, stdout]).to.deep.equal([0, "dist-tag=latest\n"]);
  });

  it("keeps a preview from those who install the latest version", () => {
    const changelog = "# Changelog\n\n## 1.3.0-beta.1\n\n- New.\n";
    const { status, stdout } = check("v1.3.0-beta.1", "1.3.0-beta.1", changelog);
    expect([status, stdout]).to.deep.equal([0, "dist-tag=next\n"]);
  });

  const refused = {
    "a tag of another version": ["v1.2.1", "1.2.0", CHANGELOG],
    "a tag without the v": ["1.2.0", "1.2.0", CHANGELOG],
    "a version that the changelog does not have": ["v1.2", "1.2", CHANGELOG],
    "a version whose entry is empty": [
      "v2.0.0",
      "2.0.0",
      CHANGELOG.replace("## 1.2", "## 2.0.0\n\n## 1.2"),
    ],
    "a repository that package.json does not name": ["v1.2.0", "1.2.0", CHANGELOG, "fork/session"],
  } as const;
  for (const [what, [tag, version, changelog, repository]] of Object.entries(refused)) {
    it(`refuses ${what}, and says why`, () => {
      const { status, stdout, stderr } = check(tag, version, changelog, repository);
      expect([status, stdout]).to.deep.equal([1, ""]);
      expect(stderr).to.match(/^(The tag is|CHANGELOG\.md has|package\.json names)[^\n]+\n$/);
    });
  }
});
