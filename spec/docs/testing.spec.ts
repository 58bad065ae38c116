import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect } from "chai";
import { Document, PROJECT } from "./document.js";

const run = promisify(execFile);
const page = new Document("docs/testing.md");

/** The folder is in the project, so that Node finds the packages. */
const FOLDER = `${PROJECT}/.cache/docs/testing`;

/** Mistakes in the app, and the test on the page that finds each of them. */
const MISTAKES: readonly (readonly [before: string, after: string, test: string])[] = [
  ["await ctx.session.regenerate();", "", "logs a user in under a new session ID"],
  [
    "await ctx.session.destroy();",
    "ctx.session.data.user = undefined;",
    "logs out everybody who has the cookie",
  ],
  ["idleTimeout: 3600", "idleTimeout: 7300", "forgets a visitor who was away for an hour"],
  ["isDown ? 503 : 500", "500", "answers 503 while the store is down, and goes on afterwards"],
  [
    "await ctx.session.update((data) => {",
    "await ((change) => change(ctx.session.data))((data) => {",
    "counts each of two requests that come at once",
  ],
];

describe("The page about testing an app", function () {
  this.timeout(60_000);

  beforeEach(() => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    for (const name of ["app.mjs", "browser.mjs", "app.test.mjs"]) write(name, fileIn(name));
  });
  after(() => rmSync(FOLDER, { recursive: true, force: true }));

  it("has tests that succeed", async () => {
    const { failed, output } = await results("node", "--test", "--test-reporter=tap");
    expect(failed).to.deep.equal([]);
    expect(output).to.include("# pass 7\n");
  });

  for (const [before, after, test] of MISTAKES) {
    it(`has a test that fails without "${before}": ${test}`, async () => {
      const app = fileIn("app.mjs");
      expect(app).to.include(before);
      write("app.mjs", app.replace(before, after));
      const { failed, output } = await results("node", "--test", "--test-reporter=tap");
      expect(failed).to.deep.equal([test]);
      if (before.includes("update")) expect(output).to.include("Items: 2");
    });
  }

  it("says what to replace for Mocha with Sinon", async () => {
    let text = fileIn("app.test.mjs");
    for (const [from, to] of rowsFor("Mocha with Sinon")) {
      expect(text).to.match(from);
      text = text.replaceAll(from, to);
    }
    expect(text).to.not.include("mock.");
    write("app.test.mjs", text);
    const mocha = `${PROJECT}/node_modules/.bin/mocha`;
    const { output } = await results(mocha, "--no-config", "app.test.mjs");
    expect(output).to.include("7 passing");
  });
});

function write(name: string, text: string): void {
  writeFileSync(`${FOLDER}/${name}`, text);
}

/** The code block after the line that ends with this name. */
function fileIn(name: string): string {
  const lines = page.text.split("\n");
  const isAfterName = (line: number): boolean =>
    lines
      .slice(0, line - 2)
      .join("\n")
      .trimEnd()
      .endsWith(`\`${name}\`:`);
  return page.blocks.find(({ line }) => isAfterName(line))!.text;
}

async function results(
  command: string,
  ...args: string[]
): Promise<{ failed: string[]; output: string }> {
  // Mocha sets NODE_OPTIONS, and Node's test runner would run within the one that runs this.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const output = await run(command, args, { cwd: FOLDER, env }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  );
  const failed = [...output.matchAll(/^ {4}not ok \d+ - (.*)$/gm)].map((match) => match[1]!);
  return { failed, output };
}

/** What the table says for a test runner: the lines of the page's tests, and those that replace them. */
function rowsFor(runner: string): [RegExp, string][] {
  const rows = [...page.text.matchAll(/^\|.*\|$/gm)].map(([row]) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1")),
  );
  const top = rows.findIndex((row) => row.includes(runner));
  const column = rows[top]!.indexOf(runner);
  const cells = new Map(rows.slice(top + 2).map((row) => [row[0], row[column]!]));
  return [
    [/^import .* from "node:test";$/gm, cells.get("import")!],
    [/mock\.timers\.enable\(.*\);/g, cells.get("mock.timers.enable()")!],
    [/mock\.timers\.tick(?=\()/g, cells.get("mock.timers.tick()")!.replace("()", "")],
    [/mock\.timers\.reset\(\)/g, cells.get("mock.timers.reset()")!],
  ];
}
