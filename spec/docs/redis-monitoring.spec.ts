import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { cookie } from "@hattip/cookie";
import { createRouter } from "@hattip/router";
import type { RedisSessionStore } from "@hattip/session";
import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { RedisServer } from "../support/redis-server.js";
import { Document, PROJECT } from "./document.js";

/** The folder is in the project, so that the package's own name resolves to the built files. */
const FOLDER = `${PROJECT}/.cache/docs/redis-monitoring`;

describe("The monitoring in the guide to Redis", () => {
  let server: RedisServer;
  let store: RedisSessionStore;
  let browser: Browser;
  const printed: unknown[][] = [];
  const { error: print } = console;

  before(async () => {
    server = await RedisServer.start();
    process.env.REDIS_URL = server.url;
    const block = new Document("docs/redis.md")
      .blocksIn("ts")
      .find(({ fileName }) => fileName === "monitoring.ts")!;
    const code = block.text.split("\n");
    const imports = code.filter((line) => line.startsWith("import "));
    const rest = code.filter((line) => !line.startsWith("import "));
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(
      `${FOLDER}/monitoring.ts`,
      [...imports, "export default (app) => {", ...rest, "return store; };"].join("\n"),
    );
    const { default: install } = await import(`${FOLDER}/monitoring.ts`);

    const app = createRouter();
    app.use(cookie());
    store = install(app);
    app.post("/visit", (ctx) => {
      ctx.session.data["visits"] = 1;
      return new Response("Visited");
    });
    browser = new Browser(app.buildHandler());
    console.error = (...args) => printed.push(args);
  });

  after(async () => {
    console.error = print;
    delete process.env.REDIS_URL;
    await store?.close();
    await server?.stop();
    rmSync(FOLDER, { recursive: true, force: true });
  });

  async function metrics(): Promise<string> {
    return (await browser.get("/metrics")).text();
  }

  it("says whether Redis answers, and counts failures", async () => {
    expect((await browser.get("/ready")).status).to.equal(200);
    expect((await browser.post("/visit")).status).to.equal(200);
    expect(await metrics()).to.equal("");
    expect(printed).to.deep.equal([]);

    await server.kill();
    expect((await browser.get("/ready")).status).to.equal(503);
    for (let visit = 0; visit < 2; visit++) {
      expect((await browser.post("/visit")).status).to.equal(500);
    }
    expect(await metrics()).to.equal(
      'session_failures{code="ERR_SESSION_STORE",operation="load"} 2\n',
    );
    expect(printed.map(([text]) => text).filter((text) => typeof text === "string"))
      .to.have.length(2)
      .and.satisfy(([text]: string[]) => /^load failed after \d+ ms$/.test(text!));
  });
});
