import { expect } from "chai";
import type { SessionEvent } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { keyIdOf } from "../support/independent-decoder.js";
import { keyOf, SEALED_STORES } from "../support/sealed-stores.js";

const HOUR = 3600;

for (const { aName, create } of SEALED_STORES) {
  describe(`A value that ${aName} store sealed under an old key`, () => {
    let clock: Clock;
    let browser: Browser;
    let events: SessionEvent["type"][];

    /** The browser logs in to an app whose only key is key 1. */
    beforeEach(async () => {
      clock = new Clock();
      events = [];
      const before = appWith([await keyOf(1)]);
      browser = new Browser(before);
      await browser.post("/login");
      events = [];
    });

    afterEach(() => clock.restore());

    function appWith(keys: CryptoKey[]): App {
      return app(
        {
          store: create(keys),
          defaultSessionData: {},
          idleTimeout: HOUR,
          renewAfter: HOUR / 2,
          onEvent: ({ type }) => events.push(type),
        },
        {
          "/login": (ctx) => (ctx.session.data["user"] = "Ada"),
          "/user": (ctx) => ctx.session.data["user"] ?? null,
          "/fresh": (ctx) => ctx.session.isFresh,
          "/public": () => "hello",
          "/fails": (ctx) => new Response(ctx.session.data["user"], { status: 500 }),
          "/regenerate": async (ctx) => ctx.session.regenerate(),
        },
      );
    }

    async function browserAfterRotation(): Promise<Browser> {
      const after = appWith([await keyOf(2), await keyOf(1)]);
      return new Browser(after, { jar: browser.jar });
    }

    function keyIdInCookie(): string {
      const frame = Buffer.from(browser.cookie("session")!, "base64url");
      return frame.toString("hex", 1, 5);
    }

    const oldKey = keyIdOf(Buffer.alloc(32, 1)).toString("hex");
    const newKey = keyIdOf(Buffer.alloc(32, 2)).toString("hex");

    for (const path of ["/user", "/fresh"]) {
      it(`is reissued under the first key by the response to ${path}`, async () => {
        const response = await (await browserAfterRotation()).get(path);
        expect(response.headers.getSetCookie()).to.have.lengthOf(1);
        expect(keyIdInCookie()).to.equal(newKey);
        expect(events).to.deep.equal(["reissued"]);
      });
    }

    it("is reissued once, with the same data and timestamps", async () => {
      const old = Buffer.from(browser.cookie("session")!, "base64url");
      clock.pass(60);
      const after = await browserAfterRotation();
      const response = await after.get("/user");
      expect(await response.json()).to.equal("Ada");
      expect(response.headers.get("set-cookie")).to.match(/Max-Age=3540;/);
      const issued = Buffer.from(browser.cookie("session")!, "base64url");
      expect(issued.toString("hex", 5, 13)).to.equal(old.toString("hex", 5, 13));

      const again = await after.get("/user");
      expect(await again.json()).to.equal("Ada");
      expect(again.headers.getSetCookie()).to.deep.equal([]);
    });

    it("is not reissued if the handler does not read the session", async () => {
      const response = await (await browserAfterRotation()).get("/public");
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(keyIdInCookie()).to.equal(oldKey);
      expect(events).to.deep.equal([]);
    });

    it("is not reissued by an error response", async () => {
      const response = await (await browserAfterRotation()).get("/fails");
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(keyIdInCookie()).to.equal(oldKey);
    });

    for (const path of ["/regenerate", "/login"]) {
      it(`is replaced by a value under the first key after ${path}`, async () => {
        await (await browserAfterRotation()).post(path);
        expect(keyIdInCookie()).to.equal(newKey);
      });
    }

    it("gives a fresh session when its key has been removed", async () => {
      const after = new Browser(appWith([await keyOf(2)]), { jar: browser.jar });
      expect(await (await after.get("/user")).json()).to.equal(null);
      expect(events).to.deep.equal(["fresh"]);
    });
  });
}
