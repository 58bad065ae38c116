import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { expect } from "chai";
import tsBlankSpace from "ts-blank-space";
import { Recipes, type Served } from "../platforms/recipes.js";
import { freePort } from "../support/free-port.js";
import { Document, PROJECT } from "./document.js";
import { FormVisitor } from "./form-visitor.js";

const page = new Document("docs/express.md");

// A type assertion leaves a space behind.
const STORE = "new EncryptedCookieStore([process.env.SESSION_KEY ])";
const PROXY = { "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1" };
/** The setting on the page. */
const TRUST = /^app\.set\("trust proxy", 1\);/m.exec(page.text)![0];

/** Installs a package, if it is not there yet. The module has no types. */
const INSTALLED: string = "../package/installed.mjs";

describe("The page about Express", function () {
  this.timeout(120_000);
  let recipes: Recipes;
  const servers: Served[] = [];

  before(async () => {
    recipes = new Recipes("express-page");
    recipes.add("bridge", tsBlankSpace(read("examples/universal/bridge.ts")));
    recipes.add("errors", tsBlankSpace(fileIn("errors.ts")));
    recipes.add("parsers", tsBlankSpace(fileIn("parsers-first.ts")));
    // The same version as in the checks of the other frameworks.
    const name = "@universal-middleware/express";
    const version = new RegExp(`\`${name}\` +\\| ([\\d.]+)`).exec(read("docs/frameworks.md"))![1]!;
    const { installed } = await import(INSTALLED);
    const folder = await installed(`universal-middleware-express-${version}`, `${name}@${version}`);
    mkdirSync(`${recipes.path}/node_modules`);
    symlinkSync(
      `${folder}/node_modules/@universal-middleware`,
      `${recipes.path}/node_modules/@universal-middleware`,
    );
  });
  afterEach(async () => {
    for (const { process } of servers.splice(0)) await process.end("SIGTERM");
  });
  after(() => recipes.remove());

  /** Serves a server of the page, with changes. */
  async function serve(
    file: string,
    changes: Record<string, string> = {},
    env: Record<string, string> = {},
  ): Promise<FormVisitor> {
    let text = tsBlankSpace(fileIn(file));
    const ready = 'const app = express(); app.get("/ready", (_, response) => response.end());';
    const all = { ...changes, "listen(3000)": 'listen(process.env.PORT, "127.0.0.1")' };
    for (const [from, to] of Object.entries({ ...all, "const app = express();": ready })) {
      // Types leave spaces behind.
      const pattern = new RegExp(
        from.replace(/[$()*+.?[\\\]{|}]/g, "\\$&").replaceAll(" ", "\\s+"),
      );
      expect(text).to.match(pattern);
      text = text.replace(pattern, () => to);
    }
    recipes.add("server", text);
    const SESSION_KEY = randomBytes(32).toString("base64url");
    const server = await recipes.start("server", { env: { SESSION_KEY, ...env } });
    servers.push(server);
    return new FormVisitor(server.origin);
  }

  describe("with the bridge", () => {
    it("keeps a session in handlers of Express: visits, log-in, log-out", async () => {
      const ada = await serve("server.ts");
      expect(await ada.get("/")).to.equal("200 Hello, guest: visit 1");
      expect(await ada.get("/")).to.equal("200 Hello, guest: visit 2");
      expect(await ada.post("/login", "user=Ada&password=no")).to.equal("401 Wrong password");
      expect(await ada.post("/login", "user=Ada&password=engine")).to.match(/^303/);
      expect(await ada.get("/")).to.equal("200 Hello, Ada: visit 3");
      expect(await ada.post("/logout")).to.match(/^303/);
      expect(await ada.get("/")).to.equal("200 Hello, guest: visit 1");
    });

    it("answers 503 while the store is down, when it is read and when it is written", async () => {
      const changes = {
        [STORE]:
          "new RedisSessionStore({ getClient: () => createClient({ url: process.env.REDIS_URL }) })",
        "EncryptedCookieStore, session":
          'RedisSessionStore, session } from "@hattip/session"; import { createClient } from "redis"; import { hattipErrors, expressErrors } from "./errors.js"; import {',
        "bridge(cookie()": "bridge(hattipErrors, cookie()",
        "app.listen": "app.use(expressErrors); app.listen",
      };
      const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
      const visitor = await serve("server.ts", changes, { REDIS_URL });
      expect(await visitor.get("/")).to.equal("503 Please try again");
      const cookie = `session=${randomBytes(32).toString("base64url")}`;
      expect(await visitor.get("/", { cookie })).to.equal("503 Please try again");
    });
  });

  describe("with a Hattip app that is mounted", () => {
    it("lets Hattip and Express read forms, and Express see who the user is", async () => {
      const ada = await serve("mounted.ts");
      expect(await ada.post("/account", "text=hello")).to.equal("200 A guest sends hello");
      expect(await ada.post("/login", "user=ada&password=no")).to.equal("401 Wrong password");
      expect(await ada.post("/login", "user=ada&password=engine")).to.equal("200 Welcome");
      expect(await ada.post("/account", "text=hello")).to.equal("200 ada sends hello");
    });

    const mount = "app.use(createMiddleware";

    it("lets Hattip read a body that the parsers have read before", async () => {
      const ada = await serve("mounted.ts", {
        'import express from "express";':
          'import express from "express"; import { parsers } from "./parsers.js";',
        [mount]: `app.use(parsers); ${mount}`,
        "app.use(express.urlencoded());": "",
      });
      expect(await ada.post("/login", "user=ada&password=engine")).to.equal("200 Welcome");
      expect(await ada.post("/account", "text=hello")).to.equal("200 ada sends hello");
    });

    // If a later adapter can do it, the page can leave the recipe out.
    it("needs the recipe for that", async () => {
      const ada = await serve("mounted.ts", { [mount]: `app.use(express.urlencoded()); ${mount}` });
      for (const path of ["/login", "/account"]) {
        const answer = await ada.post(path, "user=ada");
        expect(answer)
          .to.match(/^500/)
          .and.include("body object should not be disturbed or locked");
      }
    });
  });

  for (const [file, path] of [
    ["server.ts", "/"],
    ["mounted.ts", "/login"],
  ] as const) {
    it(`takes https from a proxy that Express trusts (${file})`, async () => {
      const isSecure = async (changes: Record<string, string>): Promise<boolean> => {
        const visitor = await serve(file, changes);
        if (path === "/") await visitor.get(path, PROXY);
        else await visitor.post(path, "user=ada&password=engine", PROXY);
        return /; Secure/.test(visitor.lastSetCookie);
      };
      expect(await isSecure({})).to.equal(false);
      expect(await isSecure({ "app.listen": `${TRUST} app.listen` })).to.equal(true);
      if (file === "mounted.ts") {
        const option = { "alwaysCallNext: false": "alwaysCallNext: false, trustProxy: true" };
        expect(await isSecure(option)).to.equal(false);
      }
    });
  }
});

function fileIn(name: string): string {
  return page.blocks.find(({ fileName }) => fileName === name)!.text;
}

function read(path: string): string {
  return readFileSync(`${PROJECT}/${path}`, "utf8");
}
