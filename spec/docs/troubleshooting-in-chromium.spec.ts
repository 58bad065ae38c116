import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createMiddleware } from "@hattip/adapter-node";
import { compose, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { session, UnsafeMemoryStore, type SessionOptions } from "@hattip/session";
import { expect } from "chai";
import type { Browser as Chromium, Page } from "playwright-core";
import tsBlankSpace from "ts-blank-space";
import { Recipes } from "../platforms/recipes.js";
import { launchChromium } from "../support/chromium.js";
import { inTab, KEPT, type Visits } from "./chromium-tab.js";
import { Document } from "./document.js";

const page = new Document("docs/troubleshooting.md");
type CookieOptions = NonNullable<SessionOptions["cookieOptions"]>;

describe("The page about troubleshooting, in Chromium", function () {
  this.timeout(60_000);
  let chromium: Chromium;
  let recipes: Recipes;
  let cors: (...origins: string[]) => RequestHandler;
  const servers: Server[] = [];

  before(async () => {
    chromium = await launchChromium();
    recipes = new Recipes("troubleshooting-in-chromium");
    recipes.add("cors", tsBlankSpace(fileIn("cors.ts")));
    ({ cors } = await recipes.import("cors"));
  });
  after(async () => {
    await chromium?.close();
    recipes?.remove();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Serves an app that counts visits, and an empty page at /page. Returns its port. */
  async function serve(cookieOptions: CookieOptions = {}, ...first: RequestHandler[]) {
    const app = compose(
      ...first,
      ({ url }) => {
        if (url.pathname === "/page")
          return new Response("", { headers: { "content-type": "text/html" } });
        return url.pathname === "/favicon.ico" ? new Response(null, { status: 204 }) : undefined;
      },
      cookie(),
      session({ store: new UnsafeMemoryStore(), defaultSessionData: { visits: 0 }, cookieOptions }),
      ({ session: { data } }) => new Response(`Visit ${++data["visits"]}`),
    );
    const server = createServer(createMiddleware(app)).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** Loads an address twice, as in the address bar. */
  async function visit(url: string): Promise<Visits> {
    return inTab(chromium, async (tab) => [await load(tab, url), await load(tab, url)]);
  }

  async function load(tab: Page, url: string): Promise<string> {
    return (await tab.goto(url))!.text();
  }

  /** Calls an API twice from a page on a host name. */
  async function call(
    host: string,
    api: { url: string; init?: object; pagePort?: number },
    isRestricted = false,
  ): Promise<Visits> {
    const pagePort = api.pagePort ?? (await serve());
    return inTab(
      chromium,
      async (tab) => {
        await tab.goto(`http://${host}:${pagePort}/page`);
        const answers: string[] = [];
        for (let visits = 0; visits < 2; visits++) {
          const answer = tab.evaluate(
            ([url, init]) => fetch(url, init).then((response) => response.text(), String),
            [api.url, api.init ?? {}] as const,
          );
          answers.push(await answer);
        }
        return answers;
      },
      isRestricted,
    );
  }

  it("2: drops a Secure cookie over http, except on localhost, and keeps it without Secure", async () => {
    const port = await serve();
    // This address of the loopback interface is no localhost for browsers.
    const sign = { answers: "Visit 1, Visit 1", reasons: "SecureOnly" };
    expect(await visit(`http://0.0.0.0:${port}/`)).to.deep.equal(sign);
    expect(await visit(`http://localhost:${port}/`)).to.deep.equal(KEPT);
    expect(await visit(`http://0.0.0.0:${await serve({ secure: false })}/`)).to.deep.equal(KEPT);
  });

  it("3: sends no cookie from another port without credentials, and with them, cors() lets it", async () => {
    const pagePort = await serve();
    const url = `http://localhost:${await serve({}, cors(`http://localhost:${pagePort}`))}/`;
    const { answers } = await call("localhost", { url, pagePort });
    expect(answers).to.equal("Visit 1, Visit 1");
    const init = { credentials: "include" };
    expect(await call("localhost", { url, pagePort, init })).to.deep.equal(KEPT);
    const preflighted = {
      ...init,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    };
    expect(await call("localhost", { url, pagePort, init: preflighted })).to.deep.equal(KEPT);
  });

  it("4: keeps a Lax cookie from no other site, and one that is partitioned even if others are blocked", async () => {
    const pagePort = await serve();
    const allowed = cors(`http://localhost:${pagePort}`);
    const api = async (cookieOptions: CookieOptions) => ({
      url: `http://127.0.0.1:${await serve(cookieOptions, allowed)}/`,
      pagePort,
      init: { credentials: "include" },
    });
    const lax = await call("localhost", await api({}));
    expect(lax.answers).to.equal("Visit 1, Visit 1");
    expect(lax.reasons).to.match(/SameSiteLax|UserPreferences/);

    const none = await api({ sameSite: "none", secure: true });
    const blocked = { answers: "Visit 1, Visit 1", reasons: "UserPreferences" };
    expect(await call("localhost", none, true)).to.deep.equal(blocked);
    const recipe = await api(optionsIn("### On another site"));
    expect(await call("localhost", recipe, true)).to.deep.equal(KEPT);
    expect(await call("localhost", recipe)).to.deep.equal(KEPT);
  });

  it("lets no page of an origin that cors() does not name read or change the session", async () => {
    const url = `http://localhost:${await serve({}, cors("https://app.example.com"))}/`;
    for (const method of ["GET", "POST"]) {
      const init = { method, credentials: "include" };
      const { answers } = await call("localhost", { url, init });
      expect(answers).to.equal("TypeError: Failed to fetch, TypeError: Failed to fetch");
    }
    const forged = { method: "POST", headers: { origin: "https://evil.example" } };
    expect((await fetch(url, forged)).status).to.equal(403);
  });

  it("sends no cookie to a page outside of its path, and keeps none for another domain", async () => {
    const narrow = await visit(`http://localhost:${await serve({ path: "/account" })}/`);
    expect(narrow).to.deep.equal({ answers: "Visit 1, Visit 1", reasons: "NotOnPath" });
    const foreign = await visit(`http://localhost:${await serve({ domain: "example.com" })}/`);
    expect(foreign).to.deep.equal({ answers: "Visit 1, Visit 1", reasons: "InvalidDomain" });
  });
});

function fileIn(name: string): string {
  return page.blocks.find(({ fileName }) => fileName === name)!.text;
}

/** The cookieOptions in the first code block after a heading. */
function optionsIn(heading: string): CookieOptions {
  const line = page.text.split("\n").indexOf(heading);
  const { text } = page.blocks.find((block) => block.line > line)!;
  const pairs = /cookieOptions: \{(.*?)\}/s.exec(text)![1]!.matchAll(/(\w+): ("?)(\w+)\2/g);
  return Object.fromEntries(
    [...pairs].map(([, name, quote, value]) => [name, quote ? value : value === "true"]),
  );
}
