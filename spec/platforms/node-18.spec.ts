import { Agent, request } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { ServerProcess } from "../support/server-process.js";
import { COUNTER, MEMORY_STORE, Recipes } from "./recipes.js";

/** No page of Hattip's has the path /express: a body parser of Express gets these requests. */
const APP = COUNTER.replace(
  "const body",
  'if (ctx.url.pathname === "/express") return undefined;\n  const body',
);

/** Mounts Hattip as the page says. */
const EXPRESS = `
import { createMiddleware } from "@hattip/adapter-node";
import express from "express";
import handler from "./handler.js";
import { withLazyBody } from "./lazy-body.js";

const app = express();
app.use((request, _response, next) => {
  withLazyBody(request);
  next();
});
app.use(createMiddleware(handler, { alwaysCallNext: false }), express.text({ limit: "1mb" }));
app.post("/express", (request, response) => response.send(\`Express has read \${request.body?.length ?? 0}\`));
app.listen(process.env.PORT, "127.0.0.1");
`;

/** Installs a Node program, if it is not there yet. The module has no types. */
const NODES: string = "../package/nodes.mjs";

describe("The recipe for Node 18", () => {
  let recipes: Recipes;
  let node: string;

  before(async function () {
    this.timeout(120_000);
    const { nodeProgram } = await import(NODES);
    node = await nodeProgram(18);
    recipes = new Recipes("node-18");
    recipes.add("store", MEMORY_STORE);
    recipes.add("handler", APP);
    recipes.write("lazy-body");
    recipes.add("express-app", EXPRESS);
  });
  after(() => recipes.remove());

  describe("with node:http", () => {
    let server: { origin: string; process: ServerProcess };

    before(async () => (server = await recipes.serve("node-18", { node })));
    after(() => server?.process.end("SIGKILL"));

    for (const path of ["/ready", "/"]) {
      for (const length of [0, 1, 1_000_000]) {
        it(`answers POST ${path} with an unread body of ${length} bytes, and the next request`, async () => {
          await expectAnswers(server.origin, path, length, /^(Visit 1)?$/);
        });
      }
    }

    it("lets a handler read a body", async () => {
      await expectAnswers(server.origin, "/read", 1_000_000, /^Visit 1a{1000000}$/);
    });
  });

  describe("in Express", () => {
    let server: { origin: string; process: ServerProcess };

    before(async () => (server = await recipes.start("express-app", { node })));
    after(() => server?.process.end("SIGKILL"));

    it("leaves the body to a parser behind Hattip", async () => {
      await expectAnswers(server.origin, "/express", 100_000, /^Express has read 100000$/);
    });

    it("lets a handler of Hattip's read a body", async () => {
      await expectAnswers(server.origin, "/read", 100_000, /^Visit 1a{100000}$/);
    });
  });
});

/** Sends two pairs of a POST and a GET request through one connection. */
async function expectAnswers(
  origin: string,
  path: string,
  length: number,
  answer: RegExp,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const send = async (method: string, url: string, body: string): Promise<string> => {
    const headers = { "content-type": "text/plain", "content-length": body.length };
    // The time-out is that of a connection on which nothing happens.
    const sent = request(url, { method, agent, headers, timeout: 5000 });
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${url} is not answered`)));
    sent.end(body);
    const [response] = await once(sent, "response");
    return text(response);
  };
  try {
    for (let pair = 1; pair <= 2; pair++) {
      expect(await send("POST", origin + path, "a".repeat(length))).to.match(answer);
      expect(await send("GET", `${origin}/ready`, "")).to.equal("");
    }
  } finally {
    agent.destroy();
  }
}
