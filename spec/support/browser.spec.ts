import { expect } from "chai";
import { Browser } from "./browser.js";

describe("Browser", () => {
  const echo = (ctx: { request: Request }) => new Response(ctx.request.headers.get("cookie"));

  it("keeps the cookies that it receives and sends them back", async () => {
    const browser = new Browser(() => {
      return new Response(null, { headers: { "set-cookie": "session=abc; Path=/; Secure" } });
    });
    await browser.get("/");
    expect(browser.cookie("session")).to.equal("abc");
    const secondWindow = new Browser(echo, { jar: browser.jar });
    expect(await (await secondWindow.get("/")).text()).to.equal("session=abc");
  });

  it("sends the Cookie header that the spec passes", async () => {
    const browser = new Browser(echo);
    browser.setCookie("session", "abc");
    const response = await browser.get("/", { cookie: "session=%zz; =; x" });
    expect(await response.text()).to.equal("session=%zz; =; x");
  });

  for (const [reason, header] of [
    ["longer than 4096 bytes", `session=${"x".repeat(4090)}`],
    ["__Host- with a Domain", "__Host-session=x; Path=/; Secure; Domain=example.com"],
    ["for another site", "session=x; Domain=example.org"],
  ] as const) {
    it(`drops a cookie that browsers drop: ${reason}`, async () => {
      const browser = new Browser(() => new Response(null, { headers: { "set-cookie": header } }));
      await browser.get("/");
      expect(browser.jar.toJSON()?.cookies).to.deep.equal([]);
    });
  }
});
