import { expect } from "chai";
import login from "../../examples/login.js";
import { Browser } from "../support/browser.js";

describe("The example login", () => {
  const logIn = (browser: Browser, password = "engine") =>
    browser.post("/login", { body: new URLSearchParams({ user: "ada", password }) });
  const page = async (browser: Browser) => (await browser.get("/")).text();

  it("knows who has logged in", async () => {
    const browser = new Browser(login);
    expect(await page(browser)).to.include("Log in");
    const response = await logIn(browser);
    expect(response.status).to.equal(303);
    expect(await page(browser)).to.include("Hello, ada.");
  });

  it("turns away who has the wrong password, and gives him no session", async () => {
    const browser = new Browser(login);
    expect((await logIn(browser, "machine")).status).to.equal(401);
    expect(browser.cookie("session")).to.equal(undefined);
  });

  it("gives a new ID at the log-in, so that a planted one is worthless", async () => {
    const victim = new Browser(login);
    await logIn(victim);
    await victim.post("/logout");
    // The session that holds the notice is the one that an attacker knows.
    const planted = victim.cookie("session")!;
    await logIn(victim);
    expect(victim.cookie("session")).not.to.equal(planted);

    const attacker = new Browser(login);
    attacker.setCookie("session", planted);
    expect(await page(attacker)).to.include("Log in");
  });

  it("logs out on the server, and says so once", async () => {
    const browser = new Browser(login);
    await logIn(browser);
    const copied = browser.cookie("session")!;
    await browser.post("/logout");
    expect(await page(browser)).to.include("You have been logged out.");
    expect(await page(browser)).not.to.include("You have been logged out.");

    const thief = new Browser(login);
    thief.setCookie("session", copied);
    expect(await page(thief)).to.include("Log in");
  });
});
