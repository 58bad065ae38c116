import { expect } from "chai";
import counter from "../../examples/counter.js";
import { Browser } from "../support/browser.js";

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
