import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { Browser } from "../support/browser.js";

// The example reads the key when it is imported.
process.env.SESSION_KEY ??= randomBytes(32).toString("base64url");
const { default: counter } = await import("../../examples/counter.js");

describe("The example counter", () => {
  it("counts each browser's visits", async () => {
    const ada = new Browser(counter);
    const bob = new Browser(counter);
    const visit = async (browser: Browser) => (await browser.get("/")).text();

    expect(await visit(ada)).to.equal("Visit number 1");
    expect(await visit(ada)).to.equal("Visit number 2");
    expect(await visit(bob)).to.equal("Visit number 1");
    expect(await visit(ada)).to.equal("Visit number 3");
  });
});
