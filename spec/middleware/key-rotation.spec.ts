import { expect } from "chai";
import { EncryptedCookieStore, SignedCookieStore } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { EventLog } from "../support/event-log.js";
import { setCookies } from "../support/set-cookie.js";

for (const Store of [SignedCookieStore, EncryptedCookieStore]) {
  describe(`${Store.name}, after a key rotation,`, () => {
    let oldKey: CryptoKey;
    let newKey: CryptoKey;
    const log = new EventLog();

    before(async () => {
      oldKey = await Store.generateKey();
      newKey = await Store.generateKey();
    });
    beforeEach(() => log.clear());

    const siteOf = (...keys: CryptoKey[]) =>
      app(
        {
          store: new Store(keys),
          defaultSessionData: { hits: 0 },
          onEvent: log.onEvent,
        },
        {
          "/visit": (ctx) => ++ctx.session.data.hits,
          "/look": (ctx) => ctx.session.data.hits,
          "/elsewhere": () => "no session here",
          "/fails": (ctx) => {
            if (ctx.session.data.hits > 0) throw new Error("handler");
          },
        },
      );

    /** A browser with a session that is sealed under the old key. */
    async function visitor(): Promise<Browser> {
      const browser = new Browser(siteOf(oldKey));
      await browser.get("/visit");
      log.clear();
      return browser;
    }

    it("accepts a session of the old key and reissues it under the first key", async () => {
      const { jar } = await visitor();
      const browser = new Browser(siteOf(newKey, oldKey), { jar });
      const response = await browser.get("/look");
      expect(await response.json()).to.equal(1);
      expect(setCookies(response)).to.have.length(1);
      expect(log.types).to.deep.equal(["reissued"]);

      // Now the old key can be removed.
      const later = new Browser(siteOf(newKey), { jar });
      expect(await (await later.get("/look")).json()).to.equal(1);
    });

    it("reissues a value only once", async () => {
      const { jar } = await visitor();
      const browser = new Browser(siteOf(newKey, oldKey), { jar });
      await browser.get("/look");
      expect(setCookies(await browser.get("/look"))).to.deep.equal([]);
      expect(log.types).to.deep.equal(["reissued"]);
    });

    it("seals a changed session under the first key", async () => {
      const { jar } = await visitor();
      await new Browser(siteOf(newKey, oldKey), { jar }).get("/visit");
      expect(await (await new Browser(siteOf(newKey), { jar }).get("/look")).json()).to.equal(2);
    });

    it("keeps the expiry of a reissued value", async () => {
      const { jar } = await visitor();
      const response = await new Browser(siteOf(newKey, oldKey), { jar }).get("/look");
      const maxAge = Number(setCookies(response)[0]!.attributes["max-age"]);
      expect(maxAge).to.be.within(86_390, 86_400);
    });

    it("does not reissue the value if no handler uses the session", async () => {
      const { jar } = await visitor();
      const response = await new Browser(siteOf(newKey, oldKey), { jar }).get("/elsewhere");
      expect(setCookies(response)).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
    });

    it("does not reissue the value if the handler throws", async () => {
      const { jar } = await visitor();
      const response = await new Browser(siteOf(newKey, oldKey), { jar }).get("/fails");
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
    });

    it("accepts values of a key that is not the first key yet", async () => {
      // The first step of a rotation: all servers get the new key before one of them seals with it.
      const browser = new Browser(siteOf(newKey));
      await browser.get("/visit");
      const { jar } = browser;
      const response = await new Browser(siteOf(oldKey, newKey), { jar }).get("/look");
      expect(await response.json()).to.equal(1);
    });

    it("ends the sessions of a removed key", async () => {
      const { jar } = await visitor();
      const response = await new Browser(siteOf(newKey), { jar }).get("/look");
      expect(await response.json()).to.equal(0);
      expect(log.events).to.deep.equal([{ type: "fresh", reason: "unknown-key" }]);
    });
  });
}
