import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { externalStoreContract } from "@hattip/session/testing";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";
import { Document, PROJECT } from "./document.js";

const run = promisify(execFile);
const readme = new Document("README.md");

/** The folder is in the project, so that the package's own name resolves to the built files. */
const FOLDER = `${PROJECT}/.cache/docs/start`;
const STORE_FOLDER = `${PROJECT}/.cache/docs/custom-store`;
/** Headers of the connection, which the document leaves out. */
const CONNECTION = /^(Date|Connection|Keep-Alive|Transfer-Encoding|Content-Length):/i;

describe("The first app in the README", () => {
  let port: number;
  let server: ServerProcess;

  before(async () => {
    port = await freePort();
    const text = fileIn("app.mjs");
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/app.mjs`, text.replace("3000", `${port}`));
    const { stdout: key } = await run("bash", ["-c", keyCommand()]);
    server = await ServerProcess.start("node", ["app.mjs"], "nodejs", {
      cwd: FOLDER,
      env: { ...process.env, SESSION_KEY: key.trim() },
    });
    await waitUntil(`the server on port ${port}`, async () => {
      if (server.hasExited) throw new Error(server.output);
      return (await fetch(`http://localhost:${port}/`)).ok;
    });
  });

  after(async () => {
    await server?.end("SIGTERM");
    rmSync(FOLDER, { recursive: true, force: true });
  });

  it("has at most twenty lines of code", () => {
    const text = fileIn("app.mjs");
    expect(text.trim().split("\n").length).to.be.at.most(20);
  });

  it("answers as in the transcript", async () => {
    const [transcript] = readme.blocksIn("console");
    let actual = "";
    for (const [, command = ""] of transcript!.text.matchAll(/^\$ (.*)$/gm)) {
      const { stdout } = await run("bash", ["-c", command.replace(":3000", `:${port}`)], {
        cwd: FOLDER,
      });
      actual += `$ ${command}\n${stdout}`;
    }
    expect(comparable(actual)).to.deep.equal(comparable(transcript!.text));
  });
});

describe("The custom store in the README", () => {
  const path = `${STORE_FOLDER}/map-store.ts`;

  before(() => {
    mkdirSync(STORE_FOLDER, { recursive: true });
    writeFileSync(path, fileIn("map-store.ts"));
  });

  after(() => rmSync(STORE_FOLDER, { recursive: true, force: true }));

  externalStoreContract(
    { describe, it },
    {
      create: async (options) => new (await import(path)).MapStore(options),
      shared: false,
    },
  );
});

/** The code block with this file name. */
function fileIn(name: string): string {
  return readme.blocks.find(({ fileName }) => fileName === name)!.text;
}

/** The command in the document that creates a key. */
function keyCommand(): string {
  return readme.blocksIn("sh").find(({ text }) => text.startsWith("node -p"))!.text;
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
