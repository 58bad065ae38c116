import { expect } from "chai";
import type { Browser as Chromium, BrowserContextOptions, Locator } from "playwright-core";
import { launchChromium } from "../support/chromium.js";
import { DemoServer } from "../support/demo-server.js";
import { Visitor } from "./visitor.js";

const PHONE = { width: 390, height: 844 };

describe("The demo's panel in Chromium", function () {
  this.timeout(60_000);
  let chromium: Chromium;
  let demo: DemoServer;

  before(async () => {
    chromium = await launchChromium();
    demo = await DemoServer.start({ REDIS_URL: "" });
  });

  after(async () => {
    await chromium?.close();
    await demo?.stop();
  });

  afterEach(async () => {
    for (const context of chromium?.contexts() ?? []) await context.close();
  });

  async function visit(store: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await chromium.newContext(options);
    const visitor = new Visitor(await context.newPage(), `${demo.origin}/${store}/day/`);
    await visitor.visit();
    return visitor;
  }

  /** The distances of the element's upper and lower end from the top of the screen. */
  async function ends(element: Locator): Promise<[number, number]> {
    const { y, height } = (await element.boundingBox())!;
    return [y, y + height];
  }

  it("is on a phone's first screen, below the package's name and the button to press", async () => {
    const { page } = await visit("memory", { viewport: PHONE });
    expect(await page.getByRole("heading", { level: 1 }).textContent()).to.equal("@hattip/session");
    const readme = page.getByRole("link", { name: "Read the README" });
    expect(await readme.getAttribute("href")).to.match(/\/session\/README\.md$/);
    const [, button] = await ends(page.getByRole("button", { name: "Count" }));
    const [panel] = await ends(page.getByRole("complementary"));
    expect(button).to.be.lessThan(panel);
    expect((await ends(page.locator("#server")))[1]).to.be.lessThan(PHONE.height);
  });

  /** Each action, and the heading or the part of a card that the visitor then sees. */
  const ACTIONS: [string, (visitor: Visitor) => Promise<void>, string][] = [
    ["Count", (ada) => ada.press("Count"), "#counter"],
    ["Log in", (ada) => ada.logIn("Ada"), "#account"],
    ["Add", (ada) => ada.write("a note"), "#notes"],
    ["Delete", (ada) => ada.press("Delete the note a note"), "#notes"],
    ["Regenerate", (ada) => ada.press("Regenerate"), "#account"],
    ["Be the thief", (ada) => ada.press("Be the thief"), "#thief .lesson p:first-child strong"],
    ["Send the thief away", (ada) => ada.press("Send the thief away"), "#thief button"],
    ["Rotate the key", (ada) => ada.press("Rotate the key"), "#rotate button"],
    ["Two requests at once", (ada) => ada.press("Two requests at once"), "#race strong"],
    ["Where you're signed in", (ada) => ada.follow("Where you're signed in"), "#devices"],
    ["Back", (ada) => ada.follow("Back"), "#counter"],
    ["Log out", (ada) => ada.press("Log out"), "#account"],
    [
      "Use a copy",
      (ada) => ada.press("Use a copy of the cookie from before the log-out"),
      ".lesson",
    ],
    ["Tamper", (ada) => ada.press("Tamper with the cookie"), "#tamper button"],
  ];

  it("stays on a phone's screen after each action, below what the action has changed", async () => {
    const ada = await visit("signed", { viewport: PHONE, javaScriptEnabled: false });
    for (const [action, act, seen] of ACTIONS) {
      await act(ada);
      const [panel] = await ends(ada.page.getByRole("complementary"));
      const [, browser] = await ends(ada.page.locator("#browser"));
      expect(browser, action).to.be.lessThan(PHONE.height);
      const [top, bottom] = await ends(ada.page.locator(seen));
      expect(top, action).to.be.at.least(0);
      expect(bottom, action).to.be.lessThan(panel);
    }
  });

  it("covers no control that has the focus", async () => {
    const ada = await visit("encrypted", { viewport: PHONE });
    await ada.logIn("Ada");
    const { page } = ada;
    const focused = page.locator("main :focus");
    await page.locator("main a, main button, main input").first().focus();
    let seen = 0;
    for (; (await focused.count()) > 0; seen++) {
      const [panel] = await ends(page.getByRole("complementary"));
      const [, bottom] = await ends(focused);
      expect(bottom).to.be.lessThan(panel);
      await page.keyboard.press("Tab");
    }
    expect(seen).to.be.at.least(8);
  });

  it("stays beside the cards of a wide screen", async () => {
    const ada = await visit("memory", { viewport: { width: 1280, height: 500 } });
    await ada.press("Two requests at once");
    await ada.page.keyboard.press("End");
    const [top] = await ends(ada.page.locator("#panel"));
    expect(top).to.be.within(0, 100);
  });

  it("scrolls a long cookie visibly, also with the keyboard", async () => {
    const ada = await visit("encrypted", { viewport: { width: 1280, height: 900 } });
    await ada.logIn("Ada");
    const size = ada.region("Your browser").locator(".fine").first();
    expect(await size.textContent()).to.not.include("Scroll");
    await ada.write("x".repeat(1000));
    expect(await size.textContent()).to.include("Scroll to see them all.");

    const box = ada.page.getByLabel("The cookie");
    const { x, y, height } = (await box.boundingBox())!;
    // In the margin, beside the text.
    const strip = async (from: number) =>
      (await ada.page.screenshot({ clip: { x: x + 9, y: from, width: 2, height: 2 } })).toString(
        "base64",
      );
    const middle = await strip(y + height / 2);
    const last = y + height - 3;
    expect(await strip(last), "a shade at the lower end").to.not.equal(middle);
    await box.focus();
    await ada.page.keyboard.press("End");
    await ada.page.waitForFunction(() => {
      const { scrollTop, scrollHeight, clientHeight } = document.querySelector(".box")!;
      return scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 1;
    });
    expect(await strip(last), "no shade at the end of the text").to.equal(middle);
  });

  for (const [store, region] of [
    ["memory", "The server"],
    ["redis", "The server"],
    ["signed", "Your browser"],
    ["unsigned", "Your browser"],
  ] as const) {
    it(`shows the data formatted, and the lifetime apart from them (${store})`, async () => {
      const ada = await visit(store);
      await ada.logIn("Ada");
      const data = (await ada.fact(region, "Data"))!;
      expect(data.split("\n")).to.include('  "name": "Ada",').and.include('  "count": 0,');
      expect(await ada.fact(region, "Lifetime")).to.equal("until the browser closes (@browser)");
      await ada.press("Log out");
      await ada.page.getByLabel("Remember me").check();
      await ada.logIn("Ada");
      expect(await ada.region(region).textContent()).to.not.include("Lifetime");
    });
  }

  it("shows the record as it is stored, too", async () => {
    const ada = await visit("memory");
    await ada.logIn("Ada");
    const stored = await ada.page.getByLabel("As it is stored").textContent();
    expect(stored).to.match(
      /^device=[\w-]{4}… 1\.\d{10}\.\d{10}\.@browser \{"count":0,.*"name":"Ada",.*\}$/,
    );
  });

  it("says over http how a visitor sees the session bound to the device", async () => {
    const ada = await visit("memory");
    await ada.press("Count");
    const browser = await ada.region("Your browser").textContent();
    expect(browser).to.include("over https only").and.include("Chrome 146").and.include("bin/demo");
  });

  it("shows for the cookie of a session that has moved that its record is a tombstone", async () => {
    const ada = await visit("memory");
    await ada.logIn("Ada");
    const old = (await ada.cookie())!;
    await ada.press("Regenerate");
    const id = (await ada.fact("The server", "Key"))!.replace("session:day:", "");
    await ada.takeOn(old, old.value);
    expect(await ada.region("The server").textContent()).to.include("the session has a new ID");
    expect(await ada.fact("The server", "Hash of the new ID")).to.equal(id);
  });

  it("is true also after the browser's Back button", async () => {
    const ada = await visit("memory");
    await ada.logIn("Ada");
    await ada.follow("Where you're signed in");
    expect(JSON.parse((await ada.fact("The server", "Data"))!)).to.include({ count: 0 });
    await ada.follow("Back");
    // The cookie stays the same, so that Vary: Cookie does not keep an older page out.
    await ada.press("Count");
    await ada.page.goBack();
    await ada.page.goBack();
    expect(await ada.page.locator("#devices").count()).to.equal(1);
    expect(JSON.parse((await ada.fact("The server", "Data"))!)).to.include({ count: 1 });
  });
});
