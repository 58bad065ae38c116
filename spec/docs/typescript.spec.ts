import { expect } from "chai";
import { SignedCookieStore } from "@hattip/session";
import { Browser } from "../support/browser.js";
import { Document } from "./document.js";
import { ServedApp } from "./served-app.js";

describe("The CommonJS app in docs/typescript.md", () => {
  it("counts visits", async () => {
    const key = await SignedCookieStore.exportKey(await SignedCookieStore.generateKey());
    const app = await ServedApp.start(new Document("docs/typescript.md"), "app.cjs", key);
    try {
      const browser = new Browser(({ request }) => fetch(request), {
        origin: `http://localhost:${app.port}`,
      });
      expect(await (await browser.get("/")).text()).to.equal("Visit 1\n");
      expect(await (await browser.get("/")).text()).to.equal("Visit 2\n");
    } finally {
      await app.stop();
    }
  });
});
