import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { expect } from "chai";
import { brokenLinks } from "../../docs/reference/broken-links.mjs";

const PAGES = {
  "index.html": `
    <h1 id="start">Start</h1>
    <script src="assets/main.js"></script>
    <a href="#start">here</a>
    <a href="guide/keys.html">a page</a>
    <a href="guide/keys.html#key-rotation">a heading</a>
    <a href="https://github.com/hattipjs/hattip">another site</a>`,
  "guide/keys.html": `
    <h2 id="key-rotation">Key rotation</h2>
    <img src="../media/demo.png" />
    <a href="../index.html#start">back</a>`,
  "assets/main.js": "",
  "media/demo.png": "",
};

describe("The link check of the reference site", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/reference-site-`);
    for (const [path, text] of Object.entries(PAGES)) write(path, text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(path: string, text: string): void {
    mkdirSync(dirname(`${folder}/${path}`), { recursive: true });
    writeFileSync(`${folder}/${path}`, text);
  }

  it("accepts a site whose links all have a target", () => {
    expect(brokenLinks(folder)).to.deep.equal([]);
  });

  for (const [problem, page, expected] of [
    ["a missing page", `<a href="gone.html">`, "links to gone.html, which does not exist"],
    [
      "a missing image",
      `<img src="../media/gone.png">`,
      "links to ../media/gone.png, which does not",
    ],
    ["a missing heading", `<a href="../index.html#end">`, "#end, which has no such anchor"],
    ["a missing heading of its own", `<a href="#end">`, "#end, which has no such anchor"],
    ["a folder", `<a href="./">`, "links to ./, which does not exist"],
    ["a file outside the site", `<a href="../../">`, "links to ../../, which does not exist"],
    ["a script of another site", `<script src="https://cdn.example/a.js">`, "loads <script"],
    ["a font of another site", `<link rel="stylesheet" href="//cdn.example/a.css">`, "loads <link"],
  ] as const) {
    it(`reports ${problem}`, () => {
      write("guide/new.html", page);
      const problems = brokenLinks(folder);
      expect(problems).to.have.length(1);
      expect(problems[0]).to.include("guide/new.html").and.to.include(expected);
    });
  }
});
