import { expect } from "chai";
import type { Browser as Chromium } from "playwright-core";
import { launchChromium } from "../support/chromium.js";
import { DemoServer } from "../support/demo-server.js";
import { Visitor } from "./visitor.js";

const USE_COPY = "Use a copy of the cookie from before the log-out";

describe("The demo's copy of the cookie from before the log-out", function () {
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

  async function logInAndOut(store: string): Promise<Visitor> {
    const context = await chromium.newContext();
    const ada = new Visitor(await context.newPage(), `${demo.origin}/${store}/day/`);
    await ada.visit();
    await ada.logIn("Ada");
    expect(await offers(ada), "while Ada is logged in").to.equal(0);
    await ada.press("Log out");
    expect(await ada.heading.textContent()).to.equal("Log in");
    return ada;
  }

  const offers = (visitor: Visitor) =>
    visitor.page.getByRole("button", { name: USE_COPY, exact: true }).count();
  const card = (visitor: Visitor) => visitor.page.locator(".card:has(#account)");
  const links = (visitor: Visitor) =>
    card(visitor)
      .locator(".lesson a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")!.split("/session/").pop()));

  for (const store of ["signed", "encrypted", "unsigned"]) {
    it(`logs the visitor in again, with the two remedies (${store})`, async () => {
      const ada = await logInAndOut(store);
      await ada.press(USE_COPY);
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
      expect(await card(ada).textContent()).to.include("The copy has logged you in again.");
      expect(await links(ada)).to.deep.equal([
        "docs/log-in.md#a-generation-number",
        "README.md#which-store",
        "/memory/day/",
        "/redis/day/",
      ]);
      // After a change, the cookie is no copy any more.
      await ada.press("Count");
      expect(await card(ada).textContent()).to.not.include("The copy");
    });
  }

  for (const store of ["memory", "redis"]) {
    it(`is worth nothing, and the panel shows the tombstone (${store})`, async () => {
      const ada = await logInAndOut(store);
      await ada.press(USE_COPY);
      expect(await ada.heading.textContent()).to.equal("Log in");
      expect(await card(ada).textContent()).to.include("The copy is worth nothing.");
      expect(await links(ada)).to.deep.equal(["README.md#which-store"]);
      expect(await ada.region("Your browser").textContent()).to.include("unknown");
      expect(await ada.region("The server").textContent()).to.include("tombstone");
      expect(await ada.fact("The server", "Ended")).to.match(/ UTC$/);
    });
  }

  it("ends by its own expiry in a cookie store, and the page says that this is the reason", async () => {
    const ada = await logInAndOut("unsigned");
    const context = ada.page.context();
    const copy = (await context.cookies(`${demo.origin}/unsigned/day/`)).find(
      ({ name }) => name === "copy",
    )!;
    // The client can change the times of an unsigned cookie.
    const record = Buffer.from(copy.value, "base64url").toString();
    const expired = record.replace(/^1\.(\d+)\.\d+\./, "1.$1.$1.");
    await context.addCookies([{ ...copy, value: Buffer.from(expired).toString("base64url") }]);
    await ada.press(USE_COPY);
    expect(await ada.heading.textContent()).to.equal("Log in");
    expect(await card(ada).textContent()).to.include("The server rejected the copy: expired.");
  });

  it("is offered to nobody who has not logged out, and to no other store", async () => {
    const ada = await logInAndOut("memory");
    expect(await offers(ada)).to.equal(1);
    await ada.page.goto(`${demo.origin}/signed/day/`);
    expect(await offers(ada)).to.equal(0);
    await ada.page.goto(`${demo.origin}/memory/minute/`);
    expect(await offers(ada)).to.equal(0);
  });
});
