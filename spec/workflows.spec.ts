import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
const { ignore: ignored } = JSON.parse(read(".mocharc.json")) as { ignore: string[] };

/** The files below a folder, without those that npm has installed. */
function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [path];
    return ["node_modules", ".git", ".cache", "out"].includes(entry.name) ? [] : filesIn(path);
  });
}

/** The commands of a workflow or an action. */
const commandsOf = (path: string) => (read(path).match(/(?<=\brun: ).+/g) ?? []).join("\n");

/** The scripts that a command runs, and those that they run. */
function scriptsIn(command: string): string[] {
  const byNpm = [...command.matchAll(/npm run ([\w:]+)|npm (test)\b/g)].map(
    (match) => match[1] ?? match[2]!,
  );
  const byRunner = /run-scripts\.mjs (.+)/.exec(command)?.[1]?.split(" ") ?? [];
  return [...byNpm, ...byRunner].flatMap((name) => [name, ...scriptsIn(scripts[name] ?? "")]);
}

/** Those of the spec files that a script runs. It must run all that is in them. */
function specsOf(script: string, specs: string[]): string[] {
  const command = scripts[script] ?? "";
  if (!command.startsWith("mocha ") || command.includes("--grep")) return [];
  const args = [...command.matchAll(/(--ignore )?"([^"]+)"/g)];
  const globs = (option?: string) => args.filter((arg) => arg[1] === option).map((arg) => arg[2]!);
  const isIn = (path: string, list: string[]) => list.some((glob) => matchesGlob(path, glob));
  const excluded = [...globs("--ignore "), ...ignored];
  return specs.filter((path) => isIn(path, globs()) && !isIn(path, excluded));
}

describe("Continuous integration", () => {
  const ranByCi = scriptsIn(
    `${commandsOf(".github/workflows/ci.yml")}\n${commandsOf(".github/actions/install/action.yml")}`,
  );

  it("runs each spec file in one of its jobs", () => {
    const specs = filesIn("spec").filter((path) => path.endsWith(".spec.ts"));
    const ran = [...new Set(ranByCi)].flatMap((script) => specsOf(script, specs));
    const jobsOf = (spec: string) => ran.filter((path) => path === spec).length;
    expect(specs.filter((spec) => jobsOf(spec) !== 1)).to.deep.equal([]);
  });

  it("runs every check of `npm run verify`", () => {
    // verify.mjs runs verify:checks and the specs.
    const checks = scriptsIn("npm run verify && npm run verify:checks").filter(
      (name) => scriptsIn(scripts[name]!).length === 0,
    );
    expect(checks).to.include.members(["build", "smoke", "lint"]);
    // The jobs share out what `npm test` runs.
    const missing = checks.filter((name) => name !== "test" && !ranByCi.includes(name));
    expect(missing).to.deep.equal([]);
  });

  it("names only scripts that there are", () => {
    const named = filesIn(".github").flatMap((path) => scriptsIn(commandsOf(path)));
    expect(named.filter((name) => !(name in scripts))).to.deep.equal([]);
  });

  it("pins each action by its commit, and says the version", () => {
    const lines = filesIn(".github")
      .filter((path) => path.endsWith(".yml"))
      .flatMap((path) => read(path).match(/uses: .*/g) ?? []);
    const pinned = /^uses: (\.\/\S+|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
    expect(lines).to.have.length.above(5);
    expect(lines.filter((line) => !pinned.test(line))).to.deep.equal([]);
  });
});

describe("Dependabot", () => {
  it("looks after the dependencies of every folder that has some", () => {
    const [npm = ""] = read(".github/dependabot.yml").split("package-ecosystem: github-actions");
    const patterns = [...npm.matchAll(/- \/(.*)/g)].map((match) =>
      join(match[1]!, "package-lock.json"),
    );
    const locks = filesIn(".").filter((path) => path.endsWith("package-lock.json"));
    const forgotten = locks.filter((path) => !patterns.some((one) => matchesGlob(path, one)));
    expect(forgotten).to.deep.equal([]);
  });
});
