import { expect } from "chai";
import preferences from "../../examples/validated-data.js";
import { Browser } from "../support/browser.js";

const DEFAULTS = { theme: "light", textSize: 16 };

describe("The example validated-data", () => {
  const choose = (browser: Browser, choice: object) =>
    browser.post("/", { body: JSON.stringify(choice) });
  const read = async (browser: Browser) => (await browser.get("/")).json();

  it("keeps data that pass the schema", async () => {
    const browser = new Browser(preferences);
    expect(await read(browser)).to.deep.equal(DEFAULTS);
    await choose(browser, { theme: "dark" });
    expect(await read(browser)).to.deep.equal({ theme: "dark", textSize: 16 });
  });

  it("rejects a request whose data fail the schema", async () => {
    const response = await choose(new Browser(preferences), { theme: "pink" });
    expect(response.status).to.equal(400);
  });

  it("starts a fresh session when the data in the cookie fail the schema", async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const data of ['{"theme":"pink"}', '{"textSize":1e9}', '{"isAdmin":true}', "1", "{"]) {
      const browser = new Browser(preferences);
      const forged = Buffer.from(`1.${now}.${now + 60}.${data}`).toString("base64url");
      browser.setCookie("preferences", forged);
      expect(await read(browser), data).to.deep.equal(DEFAULTS);
    }
    const honest = new Browser(preferences);
    const value = Buffer.from(`1.${now}.${now + 60}.{"theme":"dark"}`).toString("base64url");
    honest.setCookie("preferences", value);
    expect(await read(honest), "a valid cookie in the same format").to.deep.equal({
      theme: "dark",
    });
  });
});
