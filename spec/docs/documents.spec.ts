import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { Document, documents, PROJECT } from "./document.js";

const run = promisify(execFile);
const TSC = `${PROJECT}/node_modules/.bin/tsc`;

/** The check of the code blocks in each language. */
const CHECKED = {
  ts: "compiled",
  js: "compiled",
  sh: "parsed, and its commands looked up",
  json: "parsed",
  console: "compared with a real run, in readme.spec.ts",
};
/** Blocks in these languages are figures and formats. */
const NO_CODE = ["", "text"];

describe("The documents", function () {
  this.timeout(60_000);

  for (const document of documents()) {
    describe(document.path, () => {
      it("has no code that the specs do not check", () => {
        const languages = new Set(document.blocks.map(({ language }) => language));
        const known = [...Object.keys(CHECKED), ...NO_CODE];
        expect([...languages].filter((language) => !known.includes(language))).to.deep.equal([]);
      });

      it("has no broken links", () => {
        const broken = document.links.filter((link) => !hasTarget(document, link));
        expect(broken).to.deep.equal([]);
      });

      if (document.blocksIn("sh").length > 0) {
        it("has shell commands that parse and exist", async () => {
          for (const { text } of document.blocksIn("sh")) {
            await run("bash", ["-n", "-c", text]);
            expect(unknownCommands(text)).to.deep.equal([]);
          }
        });
      }

      if (document.blocksIn("json").length > 0) {
        it("has valid JSON", () => {
          for (const { text } of document.blocksIn("json")) JSON.parse(text);
        });
      }

      if (document.blocksIn("ts").length + document.blocksIn("js").length > 0) {
        it("has code that compiles against the built package", async () => {
          const folder = writeProgram(document);
          // tsc writes its errors to stdout. They have the line numbers of the document.
          const errors = await run(TSC, ["-p", folder]).then(
            () => "",
            (error: { stdout: string }) => error.stdout,
          );
          expect(errors).to.equal("");
        });
      }
    });
  }
});

function hasTarget(document: Document, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document.path : posix.join(posix.dirname(document.path), path);
  if (!existsSync(`${PROJECT}/${target}`)) return false;
  return anchor === undefined || new Document(target).anchors.includes(anchor);
}

/** The scripts of this project that a text calls although they do not exist. */
function unknownCommands(text: string): string[] {
  const { scripts } = JSON.parse(readFileSync(`${PROJECT}/package.json`, "utf8"));
  const runs = [...text.matchAll(/npm run ([\w:]+)/g)].map((match) => match[1]!);
  const files = [...text.matchAll(/^(?:\.?bin|\.ci)\/[\w-]+/gm)].map((match) => match[0]);
  return [
    ...runs.filter((name) => !(name in scripts)),
    ...files.filter((path) => !existsSync(`${PROJECT}/${path}`)),
  ];
}

/** A reader copies these examples next to the code. */
function withExamples(text: string): string {
  return text.replaceAll('"./sqlite-store.js"', `"${PROJECT}/examples/sqlite-store.js"`);
}

/**
 * Writes one module for each block. Each document has a program of its own, so that its
 * augmentations do not affect other documents.
 */
function writeProgram(document: Document): string {
  // The folder is in the project, so that the package's own name resolves to the built files.
  const folder = `${PROJECT}/.cache/docs/${document.path.replaceAll("/", "-")}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const language of ["ts", "js"]) {
    for (const { text, line, fileName } of document.blocksIn(language)) {
      // The empty lines give every line the line number that it has in the document.
      const module = "\n".repeat(line - 1) + withExamples(text) + "\nexport {};\n";
      const file = fileName ?? `line-${line}.${language}`;
      writeFileSync(`${folder}/${file}`, module);
      files.push(file);
    }
  }
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: `${PROJECT}/spec/tsconfig.json`,
      compilerOptions: {
        types: ["node"],
        paths: {},
        allowJs: true,
        exactOptionalPropertyTypes: true,
        isolatedModules: false,
        noUnusedLocals: false,
        noUnusedParameters: false,
        allowUnreachableCode: true,
      },
      // Not a pattern, which might match nothing: tsc fails if one of these is missing.
      files,
      include: [`${PROJECT}/spec/docs/ambient`],
      exclude: [],
    }),
  );
  return folder;
}
