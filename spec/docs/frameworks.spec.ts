import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect } from "chai";
import { type CodeBlock, Document, PROJECT } from "./document.js";

const page = new Document("docs/frameworks.md");

// `npm run test:frameworks` compiles these files where the frameworks are installed, and serves them.
describe("The page about other frameworks", () => {
  for (const block of page.blocksIn("ts").filter((candidate) => linkBefore(candidate) !== null)) {
    const file = linkBefore(block)!;

    it(`has the code of ${file}`, () => {
      expect(readFileSync(`${PROJECT}/${file}`, "utf8")).to.include(block.text);
    });
  }

  it("names the versions that are tested", () => {
    const rows = [...page.text.matchAll(/^\| (\w+) +\| `([^`]+)` +\| ([\d.a-z-]+) +\|$/gm)];
    expect(rows).to.have.length.above(10);
    for (const [, project, name, version] of rows) {
      expect(`${name} ${version}`).to.equal(`${name} ${installed(project!, name!)}`);
    }
  });
});

/** The file that the line before a code block links to. */
function linkBefore({ line }: CodeBlock): string | null {
  const before = page.text
    .split("\n")
    .slice(0, line - 2)
    .join("\n")
    .trimEnd();
  const link = /\]\(([^)]+\.ts)\)[^\n]*:$/.exec(before)?.[1];
  return link ? posix.join("docs", link) : null;
}

function installed(project: string, name: string): string {
  const path = `${PROJECT}/spec/frameworks/${project}/package-lock.json`;
  return JSON.parse(readFileSync(path, "utf8")).packages[`node_modules/${name}`].version;
}
