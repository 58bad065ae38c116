import { expect } from "chai";
import api from "../../examples/bearer-tokens.js";
import { Browser } from "../support/browser.js";

describe("The example bearer-tokens", () => {
  const client = new Browser(api);
  const withToken = (token: string | null) => ({ headers: { authorization: `Bearer ${token}` } });

  it("sends the token in a header, and accepts it in a header", async () => {
    const response = await client.post("/login");
    const token = response.headers.get("session-token");
    expect(token).to.match(/^[\w-]{43}$/);
    expect(response.headers.get("session-expires-in")).to.equal("3600");
    expect(response.headers.get("set-cookie")).to.equal(null);

    const account = await client.get("/account", withToken(token));
    expect(await account.json()).to.deep.equal({ user: "ada" });
  });

  it("rejects a missing token, an invented token, and a token in a cookie", async () => {
    const token = (await client.post("/login")).headers.get("session-token");
    expect((await client.get("/account")).status).to.equal(401);
    expect((await client.get("/account", withToken("A".repeat(43)))).status).to.equal(401);
    expect((await client.get("/account", { cookie: `session=${token}` })).status).to.equal(401);
  });

  it("invalidates the token at the logout", async () => {
    const token = (await client.post("/login")).headers.get("session-token");
    const response = await client.post("/logout", withToken(token));
    expect(response.headers.get("session-token")).to.equal("");
    expect((await client.get("/account", withToken(token))).status).to.equal(401);
  });
});
