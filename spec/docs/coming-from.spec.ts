import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { CookieJar } from "tough-cookie";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";
import { type Document, documents, PROJECT } from "./document.js";

/** The folder is in the project, so that Node finds the packages. */
const FOLDER = `${PROJECT}/.cache/docs/coming-from`;

/** Each page has the same small app twice. The spec sends these requests to both. */
const WALK = ["GET /", "GET /", "POST /login", "GET /", "POST /logout", "GET /"];
const ANSWERS = [
  "Hello, guest: visit 1",
  "Hello, guest: visit 2",
  "303",
  "Hello, Ada: visit 3",
  "303",
  "Hello, guest: visit 1",
];

describe("A migration guide", () => {
  before(() => mkdirSync(FOLDER, { recursive: true }));
  after(() => rmSync(FOLDER, { recursive: true, force: true }));

  for (const page of documents().filter(({ path }) => path.includes("/coming-from-"))) {
    for (const side of ["before.mjs", "after.mjs"]) {
      it(`has apps with the same behaviour before and after (${page.path}, ${side})`, async () => {
        const server = await start(page, side);
        try {
          expect(await walk(server.origin)).to.deep.equal(ANSWERS);
        } finally {
          await server.process.end("SIGTERM");
        }
      });
    }
  }
});

async function start(page: Document, side: string) {
  const block = page.blocks.find(({ fileName }) => fileName === side);
  if (!block) throw new Error(`${page.path} has no ${side}`);
  const file = `${FOLDER}/${page.path.replaceAll("/", "-")}-${side}`;
  // The older package has the same name. It is installed here under an alias.
  const isOlder = page.path.endsWith("0.0.49.md") && side === "before.mjs";
  const text = isOlder ? block.text.replace("@hattip/session", "session-0.0.49") : block.text;
  writeFileSync(file, text);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const process = await ServerProcess.start("node", [file], "nodejs", {
    env: {
      ...globalThis.process.env,
      PORT: `${port}`,
      SESSION_KEY: randomBytes(32).toString("base64url"),
    },
  });
  await waitUntil(`${side} on port ${port}`, async () => {
    if (process.hasExited) throw new Error(process.output);
    return (await fetch(origin)).ok;
  });
  return { origin, process };
}

async function walk(origin: string): Promise<string[]> {
  const jar = new CookieJar();
  const answers: string[] = [];
  for (const step of WALK) {
    const [method, path] = step.split(" ") as [string, string];
    const response = await fetch(origin + path, {
      method,
      redirect: "manual",
      headers: { cookie: jar.getCookieStringSync(origin + path) },
    });
    for (const header of response.headers.getSetCookie()) jar.setCookieSync(header, origin + path);
    answers.push(response.ok ? await response.text() : String(response.status));
  }
  return answers;
}
