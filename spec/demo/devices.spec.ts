import { expect } from "chai";
import type { Browser as Chromium } from "playwright-core";
import { launchChromium } from "../support/chromium.js";
import { DemoServer } from "../support/demo-server.js";
import { RedisServer } from "../support/redis-server.js";
import { Visitor } from "./visitor.js";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0";
const HEADING = "Where you're signed in";

describe("The demo's page “Where you're signed in” in Chromium", function () {
  this.timeout(60_000);
  let chromium: Chromium;
  let redis: RedisServer;
  let demo: DemoServer;

  before(async () => {
    chromium = await launchChromium();
    redis = await RedisServer.start();
    demo = await DemoServer.start({ REDIS_URL: redis.url });
  });

  after(async () => {
    await chromium?.close();
    await demo?.stop();
    await redis?.stop();
  });

  afterEach(async () => {
    for (const context of chromium?.contexts() ?? []) await context.close();
  });

  /** Logs in in a new browser profile. */
  async function logIn(store: string, name: string, userAgent?: string): Promise<Visitor> {
    const context = await chromium.newContext(userAgent === undefined ? {} : { userAgent });
    const visitor = new Visitor(await context.newPage(), `${demo.origin}/${store}/day/`);
    await visitor.visit();
    await visitor.logIn(name);
    return visitor;
  }

  const devices = (visitor: Visitor) =>
    visitor.region(HEADING).locator("li strong").allTextContents();
  const entries = (visitor: Visitor) =>
    visitor.region("What the index holds").locator("li code").allTextContents();

  for (const store of ["memory", "redis"]) {
    it(`ends the session of another browser, which is signed out at its next click (${store})`, async () => {
      const chrome = await logIn(store, "Ada");
      const firefox = await logIn(store, "Ada", FIREFOX);
      await chrome.follow(HEADING);
      expect(await devices(chrome)).to.have.members(["Chrome on Linux", "Firefox on Windows"]);
      const current = chrome.region(HEADING).locator("li", { hasText: "this session" });
      expect(await current.locator("strong").textContent()).to.equal("Chrome on Linux");

      await chrome.press("End the session of Firefox on Windows");
      expect(await devices(chrome)).to.deep.equal(["Chrome on Linux"]);
      await firefox.press("Count");
      expect(await firefox.heading.textContent()).to.equal("Log in");
      await chrome.visit();
      expect(await chrome.heading.textContent()).to.equal("Hello, Ada");
      await chrome.press("Log out");
    });
  }

  it("ends all other sessions of the user, and none of another user", async () => {
    const chrome = await logIn("redis", "Grace");
    const others = [await logIn("redis", "Grace", FIREFOX), await logIn("redis", "Grace")];
    const linus = await logIn("redis", "Linus");
    const copied = (await chrome.cookie())!;
    await chrome.follow(HEADING);
    await chrome.press("End all other sessions");
    expect(await devices(chrome)).to.deep.equal(["Chrome on Linux"]);
    expect((await chrome.cookie())!.value).to.not.equal(copied.value);

    for (const other of others) {
      await other.press("Count");
      expect(await other.heading.textContent()).to.equal("Log in");
    }
    await linus.press("Count");
    expect(await linus.heading.textContent()).to.equal("Hello, Linus");
    await chrome.press("Log out");
  });

  it("shows an entry of the index for each session, and none after the logout", async () => {
    const chrome = await logIn("redis", "Hedy");
    const firefox = await logIn("redis", "Hedy", FIREFOX);
    await chrome.follow(HEADING);
    const ids = await chrome.region(HEADING).locator("li code").allTextContents();
    expect(ids).to.have.length(2);
    expect(await entries(chrome)).to.have.members(ids.map((id) => `session:day:${id}`));

    await firefox.press("Log out");
    await chrome.page.reload();
    const [id] = await chrome.region(HEADING).locator("li code").allTextContents();
    expect(await entries(chrome)).to.deep.equal([`session:day:${id}`]);
  });

  it("shows what Redis holds", async () => {
    const ada = await logIn("redis", `Ada "the first"`);
    await ada.follow(HEADING);
    const index = ada.region("What the index holds");
    const key = (await index.locator(".key code").textContent())!;
    const [member, score] = (await redis.cli("ZRANGE", key, "0", "-1", "WITHSCORES")).split("\n");
    expect(await entries(ada)).to.deep.equal([member]);
    const text = (await index.locator("li").textContent())!;
    expect(text).to.include(`Score ${score}`);
    // An entry outlives its session by a minute, and the session lives for a day.
    const end = Date.parse(/until ([\d-]+ [\d:]+) UTC/.exec(text)![1]! + "Z");
    expect(end).to.be.closeTo(Date.now() + 86_460_000, 30_000);
  });

  it("ends no session for the name of another user", async () => {
    const ada = await logIn("memory", "Ada");
    await ada.follow(HEADING);
    const id = (await ada.region(HEADING).locator("li code").textContent())!;
    const mallory = await logIn("memory", "Mallory");
    // With Mallory's cookie. The page has no form for it.
    const answer = await mallory.page.request.post(`${demo.origin}/memory/day/devices/end`, {
      form: { id },
    });
    expect(answer.url()).to.equal(`${demo.origin}/memory/day/devices#devices`);
    await ada.visit();
    expect(await ada.heading.textContent()).to.equal("Hello, Ada");
  });

  it("lists nothing for a guest", async () => {
    const ada = await logIn("memory", "Ada");
    await ada.press("Log out");
    await ada.page.goto(`${demo.origin}/memory/day/devices`);
    expect(await ada.region(HEADING).textContent()).to.include("Log in to see your sessions");
    expect(await devices(ada)).to.deep.equal([]);
  });

  for (const store of ["signed", "unsigned"]) {
    it(`says why there is no list, and names the generation number (${store})`, async () => {
      const ada = await logIn(store, "Ada");
      await ada.follow(HEADING);
      const text = await ada.region(HEADING).textContent();
      expect(text).to.include("There is no list").and.include("generation number");
      expect(await devices(ada)).to.deep.equal([]);
      await ada.follow("Back");
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
    });
  }

  it("fits screens of every width", async () => {
    const ada = await logIn("redis", "A".repeat(40));
    await logIn("redis", "A".repeat(40), FIREFOX);
    await ada.follow(HEADING);
    for (const width of [320, 390, 1280]) {
      await ada.page.setViewportSize({ width, height: 800 });
      const overflow = () => document.documentElement.scrollWidth - window.innerWidth;
      expect(await ada.page.evaluate(overflow), `${width} pixels`).to.be.at.most(0);
    }
  });
});
