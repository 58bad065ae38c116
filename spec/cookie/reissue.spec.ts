import { expect } from "chai";
import type { SessionEvent } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { keyIdOf } from "../support/independent-decoder.js";
import { keyOf, SEALED_STORES } from "../support/sealed-stores.js";

const HOUR = 3600;

for (const { aName, create } of SEALED_STORES) {
  describe(`A value under an old key of ${aName} store`, () => {
    let clock: Clock;
    let browser: Browser;
    let events: SessionEvent["type"][];

    /** The browser has been logged in by an app that had the key 1 only. */
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

    async function rotated(): Promise<Browser> {
      const after = appWith([await keyOf(2), await keyOf(1)]);
      return new Browser(after, { jar: browser.jar });
    }

    function keyInUse(): string {
      const frame = Buffer.from(browser.cookie("session")!, "base64url");
      return frame.toString("hex", 1, 5);
    }

    const oldKey = keyIdOf(Buffer.alloc(32, 1)).toString("hex");
    const newKey = keyIdOf(Buffer.alloc(32, 2)).toString("hex");

    for (const path of ["/user", "/fresh"]) {
      it(`is issued anew under the first key by the response to ${path}`, async () => {
        const response = await (await rotated()).get(path);
        expect(response.headers.getSetCookie()).to.have.lengthOf(1);
        expect(keyInUse()).to.equal(newKey);
        expect(events).to.deep.equal(["reissued"]);
      });
    }

    it("is issued anew once, with its data and its times", async () => {
      const old = Buffer.from(browser.cookie("session")!, "base64url");
      clock.pass(60);
      const after = await rotated();
      const response = await after.get("/user");
      expect(await response.json()).to.equal("Ada");
      expect(response.headers.get("set-cookie")).to.match(/Max-Age=3540;/);
      const issued = Buffer.from(browser.cookie("session")!, "base64url");
      expect(issued.toString("hex", 5, 13)).to.equal(old.toString("hex", 5, 13));

      const again = await after.get("/user");
      expect(await again.json()).to.equal("Ada");
      expect(again.headers.getSetCookie()).to.deep.equal([]);
    });

    it("is left alone by a response that did not look at the session", async () => {
      const response = await (await rotated()).get("/public");
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(keyInUse()).to.equal(oldKey);
      expect(events).to.deep.equal([]);
    });

    it("is left alone by a response that failed", async () => {
      const response = await (await rotated()).get("/fails");
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(keyInUse()).to.equal(oldKey);
    });

    for (const path of ["/regenerate", "/login"]) {
      it(`is under the first key after ${path}, too`, async () => {
        await (await rotated()).post(path);
        expect(keyInUse()).to.equal(newKey);
      });
    }

    it("is a fresh session when the key has gone", async () => {
      const after = new Browser(appWith([await keyOf(2)]), { jar: browser.jar });
      expect(await (await after.get("/user")).json()).to.equal(null);
      expect(events).to.deep.equal(["fresh"]);
    });
  });
}
