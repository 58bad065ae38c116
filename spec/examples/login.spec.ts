import { expect } from "chai";
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import sinon from "sinon";
import login from "../../examples/login.js";
import { Browser } from "../support/browser.js";

describe("The example login", () => {
  const logIn = (browser: Browser, password = "engine", user = "ada") =>
    browser.post("/login", { body: new URLSearchParams({ user, password }) });
  const page = async (browser: Browser) => (await browser.get("/")).text();

  it("shows the name of the user who has logged in", async () => {
    const browser = new Browser(login);
    expect(await page(browser)).to.include("Log in");
    const response = await logIn(browser);
    expect(response.status).to.equal(303);
    expect(await page(browser)).to.include("Hello, ada.");
  });

  it("rejects a wrong password, and starts no session", async () => {
    const browser = new Browser(login);
    expect((await logIn(browser, "machine")).status).to.equal(401);
    expect(browser.cookie("session")).to.equal(undefined);
  });

  it("answers an unknown name like a wrong password", async () => {
    const known = await logIn(new Browser(login), "machine");
    for (const name of ["bob", "", "__proto__"]) {
      const unknown = await logIn(new Browser(login), "machine", name);
      expect(unknown.status).to.equal(known.status);
      expect(await unknown.text()).to.equal("Wrong name or password");
    }
  });

  it("hashes the password for an unknown name, too, against timing attacks", async () => {
    const scrypt = sinon.spy(crypto, "scrypt");
    syncBuiltinESMExports();
    try {
      await logIn(new Browser(login), "machine", "ada");
      const hashes = scrypt.callCount;
      expect(hashes).to.be.greaterThan(0);
      await logIn(new Browser(login), "machine", "bob");
      expect(scrypt.callCount).to.equal(2 * hashes);
    } finally {
      scrypt.restore();
      syncBuiltinESMExports();
    }
  });

  it("changes the session ID at the login, against session fixation", async () => {
    const victim = new Browser(login);
    await logIn(victim);
    await victim.post("/logout");
    // The attacker knows the ID of the session that holds the notice.
    const planted = victim.cookie("session")!;
    await logIn(victim);
    expect(victim.cookie("session")).not.to.equal(planted);

    const attacker = new Browser(login);
    attacker.setCookie("session", planted);
    expect(await page(attacker)).to.include("Log in");
  });

  it("ends the session on the server at the logout, and shows a notice once", async () => {
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
