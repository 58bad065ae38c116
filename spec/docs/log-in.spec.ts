import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { createRouter } from "@hattip/router";
import { EncryptedCookieStore, session } from "@hattip/session";
import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { appCode } from "./app-code.js";
import { Document } from "./document.js";

const page = new Document("docs/log-in.md");

describe("The generation number of docs/log-in.md", () => {
  let generation: number;
  let app: HattipHandler;

  beforeEach(async () => {
    generation = 1;
    const router = createRouter();
    router.use(cookie());
    const keys = [await EncryptedCookieStore.generateKey()];
    router.use(session({ store: new EncryptedCookieStore(keys) }));
    const install = await appCode(page.blocksWith("ts", "generationOf"), "app", "generationOf");
    install(router, async () => generation);
    router.post("/login", (ctx) => {
      Object.assign(ctx.session.data, { userId: "ada", generation });
      return new Response("Logged in");
    });
    router.get("/", (ctx) => new Response(ctx.session.data["userId"] ?? "guest"));
    app = router.buildHandler();
  });

  async function visit(browser: Browser): Promise<string> {
    return (await browser.get("/")).text();
  }

  it("ends the sessions of all browsers, and a copy of a cookie, too", async () => {
    const [one, two] = [new Browser(app), new Browser(app)];
    await one.post("/login");
    await two.post("/login");
    const copy = { cookie: `session=${one.cookie("session")}` };
    expect(await visit(one)).to.equal("ada");
    generation += 1;
    expect(await visit(one)).to.equal("guest");
    expect(await visit(two)).to.equal("guest");
    expect(await (await one.get("/", copy)).text()).to.equal("guest");
  });

  it("lets the user log in again", async () => {
    generation += 1;
    const browser = new Browser(app);
    await browser.post("/login");
    expect(await visit(browser)).to.equal("ada");
  });
});
