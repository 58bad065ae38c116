import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { inspect, promisify } from "node:util";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { createRouter, type Router } from "@hattip/router";
import { session, UnsafeMemoryStore } from "@hattip/session";
import { expect } from "chai";
import { Recipes, type Served } from "../platforms/recipes.js";
import { Browser } from "../support/browser.js";
import { Document } from "./document.js";

const run = promisify(execFile);
const page = new Document("docs/troubleshooting.md");

/** An app that prints what the page prints, on a port. Its store and the cookie's name are in the environment. */
const APP = `
import { createServer } from "@hattip/adapter-node";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { EncryptedCookieStore, session, UnsafeMemoryStore } from "@hattip/session";
import { trace } from "./trace.js";

const { COOKIE_NAME: cookieName = "session", PORT, SESSION_KEY, STORE } = process.env;
const store = {
  memory: () => new UnsafeMemoryStore(),
  "a new key": () => new EncryptedCookieStore(EncryptedCookieStore.generateKey().then((key) => [key])),
  SESSION_KEY: () => new EncryptedCookieStore([SESSION_KEY]),
}[STORE]();
createServer(compose(
  (ctx) => ctx.url.pathname === "/ready" ? new Response() : undefined,
  trace,
  cookie(),
  session({ store, cookieName, defaultSessionData: { visits: 0 }, onEvent: (event) => console.log(event) }),
  (ctx) => new Response("Visit " + ++ctx.session.data.visits),
)).listen(PORT, "127.0.0.1");
`;

describe("The page about troubleshooting", () => {
  let recipes: Recipes;
  const servers: Served[] = [];

  before(() => {
    recipes = new Recipes("troubleshooting");
    recipes.add("trace", fileIn("trace.mjs"));
    recipes.add("app", APP);
  });
  afterEach(async () => {
    for (const { process } of servers.splice(0)) await process.end("SIGTERM");
  });
  after(() => recipes.remove());

  async function serve(STORE: string, env: Record<string, string> = {}): Promise<Served> {
    const server = await recipes.start("app", { env: { STORE, ...env } });
    servers.push(server);
    return server;
  }

  /** Visits the servers one after the other with curl, and keeps cookies in a jar. */
  async function visits(...visited: Served[]): Promise<string> {
    const answers = visited.map(({ origin }) => `curl -s -b jar -c jar ${origin}/; echo;`);
    return bash(`rm -f jar; ${answers.join("")}`);
  }

  async function bash(command: string): Promise<string> {
    const { stdout } = await run("bash", ["-c", command], { cwd: recipes.path });
    return stdout.trim().replaceAll("\n", ", ");
  }

  it("prints nothing special while all is well", async () => {
    const server = await serve("memory");
    expect(await visits(server, server)).to.equal("Visit 1, Visit 2");
    expect(server.process.output).to.include("GET / { received: true, set: false }");
    expect(server.process.output).to.not.include("fresh");
  });

  it("tells the session's cookie from others of a similar name", async () => {
    const server = await serve("memory");
    await bash(`curl -s -b my_session=abc ${server.origin}/`);
    expect(server.process.output).to.include("GET / { received: false, set: true }");
  });

  it("1: a session that no handler changes is not stored", async () => {
    const { trace } = await recipes.import("trace");
    const events: unknown[] = [];
    const isFresh: boolean[] = [];
    const app = createRouter();
    app.use(trace);
    app.use(cookie());
    app.use(session({ store: new UnsafeMemoryStore(), onEvent: (event) => events.push(event) }));
    app.get("/look", (ctx) => {
      isFresh.push(ctx.session.isFresh);
      return new Response(JSON.stringify(ctx.session.data));
    });
    recipes.add("change", `export default (app) => {${codeIn("1. No handler")}};`);
    const { default: install } = await recipes.import("change");
    (install as (to: Router) => void)(app);
    const browser = new Browser(app.buildHandler());
    const sign = "GET /look { received: false, set: false }";
    expect(await printed(() => browser.get("/look"))).to.equal(sign);
    expect(await printed(() => browser.get("/look"))).to.equal(sign);
    expect(events).to.deep.equal([]);
    await printed(() => browser.get("/"));
    await printed(() => browser.get("/look"));
    expect(isFresh).to.deep.equal([true, true, false]);
  });

  it("2: curl keeps no Secure cookie over http", async () => {
    const { origin } = await serve("memory");
    // This address of the loopback interface is no localhost for curl and for session().
    const elsewhere = origin.replace("127.0.0.1", "0.0.0.0");
    const get = `curl -s -i -b jar -c jar ${elsewhere}/;`;
    const answers = await bash(`rm -f jar; ${get} ${get} grep -c session jar || true`);
    expect(answers).to.match(/set-cookie: session=[^,]*; Secure\b.*Visit 1.*Visit 1\D*0$/s);
  });

  it("3: curl without a jar, and fetch() of Node, keep no cookies", async () => {
    const { origin } = await serve("memory");
    expect(await bash(`for i in 1 2; do curl -s ${origin}/; echo; done`)).to.equal(
      "Visit 1, Visit 1",
    );
    for (let visit = 0; visit < 2; visit++) {
      expect(await (await fetch(origin, { credentials: "include" })).text()).to.equal("Visit 1");
    }
  });

  it("5: Object.fromEntries(response.headers) loses a cookie, and new Response(…, response) does not", async () => {
    const app = compose(cookie(), session({ store: new UnsafeMemoryStore() }), (ctx) => {
      ctx.session.data["visits"] = 1;
      ctx.setCookie("theme", "dark");
      return new Response();
    });
    const response = await new Browser(app).get("/");
    const set = ({ headers }: Response): string[] =>
      headers.getSetCookie().map((header) => header.split("=", 1)[0]!);
    expect(set(response)).to.deep.equal(["session", "theme"]);
    const copied = new Response(null, { headers: Object.fromEntries(response.headers) });
    expect(set(copied)).to.deep.equal(["theme"]);
    expect(set(new Response(response.body, response))).to.deep.equal(["session", "theme"]);
  });

  for (const [cause, store, reason] of [
    ["6: two processes with memory stores", "memory", "unknown"],
    ["7: two processes with keys of their own", "a new key", "unknown-key"],
  ] as const) {
    it(`${cause} do not know each other's sessions`, async () => {
      const [one, two] = [await serve(store), await serve(store)];
      expect(await visits(one, two, one, two)).to.equal("Visit 1, Visit 1, Visit 1, Visit 1");
      expect(two.process.output).to.include(`{ type: 'fresh', reason: '${reason}' }`);
      expect(two.process.output).to.include("GET / { received: true, set: true }");
    });
  }

  it("6 and 7: with one key they do", async () => {
    const env = { SESSION_KEY: randomBytes(32).toString("base64url") };
    const [one, two] = [await serve("SESSION_KEY", env), await serve("SESSION_KEY", env)];
    expect(await visits(one, two, one)).to.equal("Visit 1, Visit 2, Visit 3");
  });

  it("8: an app on another port takes the cookie, unless it has a name of its own", async () => {
    const [app, shop] = [await serve("memory"), await serve("a new key")];
    expect(await visits(app, shop, app)).to.equal("Visit 1, Visit 1, Visit 1");
    expect(shop.process.output).to.include("{ type: 'fresh', reason: 'malformed' }");
    const named = await serve("a new key", { COOKIE_NAME: "shop" });
    expect(await visits(app, named, app, named)).to.equal("Visit 1, Visit 1, Visit 2, Visit 2");
  });
});

/** What console.log() prints meanwhile, as Node would print it. */
async function printed(action: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...parts: unknown[]) => {
    lines.push(parts.map((part) => (typeof part === "string" ? part : inspect(part))).join(" "));
  };
  try {
    await action();
  } finally {
    console.log = log;
  }
  return lines.join("\n");
}

function fileIn(name: string): string {
  return page.blocks.find(({ fileName }) => fileName === name)!.text;
}

/** The first code block after a heading that begins with these words. */
function codeIn(heading: string): string {
  const line = page.text.split("\n").findIndex((text) => text.startsWith(`### ${heading}`));
  return page.blocks.find((block) => block.line > line)!.text;
}
