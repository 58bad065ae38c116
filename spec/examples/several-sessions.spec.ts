import { expect } from "chai";
import shop from "../../examples/several-sessions.js";
import { Browser } from "../support/browser.js";

describe("The example several-sessions", () => {
  const state = async (browser: Browser) => (await browser.get("/")).json();

  it("keeps the basket after the logout", async () => {
    const browser = new Browser(shop);
    await browser.post("/basket", { body: "apples" });
    await browser.post("/login");
    await browser.post("/basket", { body: "pears" });
    expect(await state(browser)).to.deep.equal({ user: "ada", basket: ["apples", "pears"] });

    await browser.post("/logout");
    expect(await state(browser)).to.deep.equal({ user: null, basket: ["apples", "pears"] });
    expect(browser.cookie("__Host-login")).to.equal(undefined);
  });

  it("rejects the cookie of each session in place of the other", async () => {
    const browser = new Browser(shop);
    await browser.post("/basket", { body: "apples" });
    await browser.post("/login");
    const [login, basket] = [browser.cookie("__Host-login")!, browser.cookie("shop")!];
    const response = await browser.get("/", { cookie: `__Host-login=${basket}; shop=${login}` });
    expect(await response.json()).to.deep.equal({ user: null, basket: [] });
  });
});
