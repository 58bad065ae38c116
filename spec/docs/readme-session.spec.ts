import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { createRouter } from "@hattip/router";
import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { RedisServer } from "../support/redis-server.js";
import { appCode } from "./app-code.js";
import { Document } from "./document.js";

/** As a form of a page, or the app's own client, posts it. */
function form(fields: Record<string, string>): RequestInit {
  return { body: new URLSearchParams(fields) };
}

async function findUser(fields: FormData): Promise<{ id: string } | null> {
  const user = fields.get("user");
  return fields.get("password") === "engine" && typeof user === "string" ? { id: user } : null;
}

describe("The section “The session” in the README", () => {
  let server: RedisServer;
  let app: HattipHandler;
  let end: () => Promise<void>;

  before(async () => {
    server = await RedisServer.start();
    const { REDIS_URL } = process.env;
    process.env["REDIS_URL"] = server.url;
    const install = await appCode(
      new Document("README.md").blocksBelow("The session", "ts"),
      "app",
      "findUser",
    );
    const router = createRouter();
    router.use(cookie());
    const { store } = install(router, findUser);
    router.get("/basket", (ctx) => new Response(ctx.session.data["basket"].join(", ")));
    app = router.buildHandler();
    // The store opens its client at its first use.
    await store.ping();
    if (REDIS_URL === undefined) delete process.env["REDIS_URL"];
    else process.env["REDIS_URL"] = REDIS_URL;
    end = () => store.close();
  });

  after(async () => {
    await end?.();
    await server?.stop();
  });

  async function loggedIn(fields: Record<string, string> = {}): Promise<Browser> {
    const browser = new Browser(app);
    const response = await browser.post(
      "/login",
      form({ user: "ada", password: "engine", ...fields }),
    );
    expect(response.status).to.equal(303);
    return browser;
  }

  async function text(browser: Browser, path = "/"): Promise<string> {
    return (await browser.get(path)).text();
  }

  it("logs in, and out with a message that is shown once", async () => {
    const browser = await loggedIn();
    expect(await text(browser)).to.equal("Hello, ada. ");
    await browser.post("/logout");
    expect(await text(browser)).to.equal("Hello, guest. You have logged out.");
    expect(await text(browser)).to.equal("Hello, guest. ");
  });

  it("refuses a wrong password", async () => {
    const browser = new Browser(app);
    const response = await browser.post("/login", form({ user: "ada", password: "motor" }));
    expect(response.status).to.equal(401);
    expect(await text(browser)).to.equal("Hello, guest. ");
  });

  it("remembers a visitor for thirty days who wants it", async () => {
    const remembered = await new Browser(app).post(
      "/login",
      form({ user: "ada", password: "engine", remember: "on" }),
    );
    expect(remembered.headers.get("set-cookie")).to.include("Max-Age=2592000;");
    const other = await new Browser(app).post("/login", form({ user: "ada", password: "engine" }));
    expect(other.headers.get("set-cookie")).to.not.include("Max-Age");
  });

  it("keeps all of many items that are put into the basket at once", async () => {
    const browser = await loggedIn();
    const items = ["ink", "paper", "cards", "gears", "levers"];
    await Promise.all(items.map((item) => browser.post("/basket", { body: item })));
    const basket = (await text(browser, "/basket")).split(", ");
    expect(basket).to.have.members(items);
  });

  it("lists the devices of the user, and ends all others", async () => {
    const user = { user: "grace" };
    const [one, two] = [await loggedIn(user), await loggedIn(user)];
    const devices = (await text(one, "/devices")).split("\n");
    expect(devices).to.have.length(2);
    expect(devices.filter((line) => line.endsWith(": this session"))).to.have.length(1);
    await one.post("/log-out-everywhere-else");
    expect(await text(one)).to.equal("Hello, grace. ");
    expect(await text(two)).to.equal("Hello, guest. ");
    expect((await text(one, "/devices")).split("\n")).to.have.length(1);
  });
});
