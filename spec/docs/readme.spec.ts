import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import { Document } from "./document.js";
import { ServedApp } from "./served-app.js";

const run = promisify(execFile);
const readme = new Document("README.md");

/** Headers of the connection, which the document leaves out. */
const CONNECTION = /^(Date|Connection|Keep-Alive|Transfer-Encoding|Content-Length):/i;

describe("The README", () => {
  it("has at most 220 lines", () => {
    expect(readme.text.trimEnd().split("\n").length).to.be.at.most(220);
  });
});

describe("The first app in the README", () => {
  let app: ServedApp;

  before(async () => {
    const { stdout: key } = await run("bash", ["-c", `${keyCommand()}; echo $SESSION_KEY`]);
    app = await ServedApp.start(readme, "app.mjs", key.trim());
  });

  after(() => app?.stop());

  it("has at most twenty lines of code", () => {
    const { text } = readme.blocks.find(({ fileName }) => fileName === "app.mjs")!;
    expect(text.trim().split("\n").length).to.be.at.most(20);
  });

  it("answers as in the transcript", async () => {
    const [transcript] = readme.blocksIn("console");
    let actual = "";
    for (const [, command = ""] of transcript!.text.matchAll(/^\$ (.*)$/gm)) {
      const { stdout } = await run("bash", ["-c", command.replace(":3000", `:${app.port}`)], {
        cwd: app.folder,
      });
      actual += `$ ${command}\n${stdout}`;
    }
    expect(comparable(actual)).to.deep.equal(comparable(transcript!.text));
  });
});

/** The command that creates a key. */
function keyCommand(): string {
  return /^export SESSION_KEY=.*$/m.exec(readme.text)![0];
}

/** The lines of a transcript. Values that differ in every run are masked. */
function comparable(transcript: string): string[] {
  return (
    transcript
      .replaceAll("\r", "")
      .trim()
      .split("\n")
      .filter((line) => !CONNECTION.test(line))
      .map((line) => line.replace(/(?<=session=)[\w-]+/, ({ length }) => `<${length} characters>`))
      // After a save without a renewal, Max-Age is the remaining time.
      .map((line) => line.replace(/(?<=Max-Age=)(86400|863\d\d)/, "<about a day>"))
  );
}
