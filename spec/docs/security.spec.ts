import { cookie } from "@hattip/cookie";
import { createRouter } from "@hattip/router";
import { session, UnsafeMemoryStore } from "@hattip/session";
import { expect } from "chai";
import { Browser } from "../support/browser.js";
import { appCode } from "./app-code.js";
import { Document } from "./document.js";

const page = new Document("docs/security.md");

describe("The page about security", () => {
  it("has a check of Sec-Fetch-Site that refuses the unsafe methods of other origins", async () => {
    const router = createRouter();
    (await appCode(page.blocksWith("ts", "sec-fetch-site"), "app"))(router);
    router.use(() => new Response("Done"));
    const browser = new Browser(router.buildHandler());
    const statusOf = async (method: string, from?: string) => {
      const headers: Record<string, string> = from === undefined ? {} : { "sec-fetch-site": from };
      return (await browser.request("/", { method, headers })).status;
    };
    for (const from of ["cross-site", "same-site", "none"]) {
      for (const method of ["POST", "PUT", "DELETE"]) {
        expect(await statusOf(method, from), `${method} ${from}`).to.equal(403);
      }
      expect(await statusOf("GET", from)).to.equal(200);
    }
    expect(await statusOf("POST", "same-origin")).to.equal(200);
    expect(await statusOf("POST")).to.equal(200);
  });

  describe("The token recipe", () => {
    let browser: Browser;

    beforeEach(async () => {
      const router = createRouter();
      router.use(cookie());
      router.use(session({ store: new UnsafeMemoryStore() }));
      (await appCode(page.blocksWith("ts", "csrfToken(ctx)"), "app"))(router);
      browser = new Browser(router.buildHandler());
    });

    async function token(): Promise<string> {
      const html = await (await browser.get("/settings")).text();
      return /value="([^"]+)"/.exec(html)![1]!;
    }

    async function post(body: BodyInit | null): Promise<number> {
      return (await browser.post("/settings", { body })).status;
    }

    it("accepts a form with the token of the session", async () => {
      expect(await post(new URLSearchParams({ csrf: await token() }))).to.equal(200);
    });

    it("refuses no token, another one, that of another session, and a body that is no form", async () => {
      const other = await token();
      browser.forgetCookies();
      await token();
      expect(await post(new URLSearchParams({}))).to.equal(403);
      expect(await post(new URLSearchParams({ csrf: "undefined" }))).to.equal(403);
      expect(await post(new URLSearchParams({ csrf: other }))).to.equal(403);
      expect(await post('{"csrf":1}')).to.equal(403);
      expect(await post(null)).to.equal(403);
    });

    it("refuses a client without a session", async () => {
      expect(await post(null)).to.equal(403);
      expect(await post(new URLSearchParams({ csrf: "" }))).to.equal(403);
    });
  });
});
