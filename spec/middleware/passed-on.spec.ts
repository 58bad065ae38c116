import { createMiddleware } from "@hattip/adapter-node";
import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import express, { type RequestHandler } from "express";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { EncryptedCookieStore, session, type SessionOptions } from "../../lib/index.js";
import { answer, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { keys, stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

/** Looks at the session of every request, and answers only some. */
function gatedApp(options: SessionOptions) {
  return appOf(
    cookie(),
    session(options),
    ({ session: current, url }) => {
      void current.data;
      if (url.searchParams.has("n")) current.data.n = Number(url.searchParams.get("n"));
    },
    answer({ "/": (ctx) => ctx.session.data }),
  );
}

for (const [name, create] of Object.entries(stores)) {
  describe(`A request that is passed on unanswered, in ${name},`, () => {
    let clock: Clock;
    let log: EventLog;
    let browser: Browser;

    beforeEach(async () => {
      clock = new Clock();
      log = new EventLog();
      const options = { store: create(), defaultSessionData: {}, onEvent: log.onEvent };
      browser = new Browser(gatedApp({ ...options, idleTimeout: 1000 }));
      await browser.get("/?n=1");
      log.clear();
    });
    afterEach(() => clock.restore());

    it("renews nothing, since the response may be dropped: the next one does", async () => {
      clock.pass(500);
      const passedOn = await browser.get("/asset");
      expect(setCookies(passedOn)).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      const [renewed] = setCookies(await browser.get("/"));
      expect(renewed!.attributes).to.include({ "max-age": "1000" });
      expect(log.types).to.deep.equal(["renewed"]);
    });

    it("saves what has changed, which moves no expiry", async () => {
      clock.pass(500);
      await browser.get("/asset?n=2");
      expect(log.types).to.deep.equal(["saved"]);
      const answered = await browser.get("/");
      expect(await answered.json()).to.deep.equal({ n: 2 });
      expect(setCookies(answered)[0]!.attributes).to.include({ "max-age": "1000" });
      expect(log.types).to.deep.equal(["saved", "renewed"]);
    });

    it("keeps no defaults that were only seen", async () => {
      const random = { store: create(), defaultSessionData: () => ({ token: "random" }) };
      const site = gatedApp({ ...random, onEvent: log.onEvent });
      expect(setCookies(await new Browser(site).get("/asset"))).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      expect(setCookies(await new Browser(site).get("/"))).to.have.length(1);
    });
  });
}

it("A request that is passed on unanswered reissues nothing that an old key has sealed", async () => {
  const [oldKey] = keys;
  const newKey = await EncryptedCookieStore.generateKey();
  const under = (...ring: CryptoKey[]) =>
    gatedApp({ store: new EncryptedCookieStore(ring), defaultSessionData: {} });
  const browser = new Browser(under(oldKey!));
  await browser.get("/?n=1");
  const rotated = new Browser(under(newKey, oldKey!), { jar: browser.jar });
  expect(setCookies(await rotated.get("/asset"))).to.deep.equal([]);
  expect(setCookies(await rotated.get("/"))).to.have.length(1);
});

describe("A request that is passed on to Express", () => {
  let clock: Clock;
  let server: Server;
  let browser: Browser;

  beforeEach(async () => {
    clock = new Clock();
    const store = stores["UnsafeMemoryStore"]!();
    const gated = gatedApp({ store, defaultSessionData: {}, idleTimeout: 1000 });
    const hattip = createMiddleware(gated, { alwaysCallNext: false });
    const site = express()
      .use(hattip as RequestHandler)
      .get("/asset", (_request, response) => void response.send("from Express"));
    server = site.listen(0, "127.0.0.1");
    await once(server, "listening");
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = new Browser(({ request }) => fetch(request), { origin });
  });
  afterEach(async () => {
    clock.restore();
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  it("is answered there, and the browser keeps its session however many there are", async () => {
    await browser.get("/?n=1");
    for (let i = 0; i < 5; i++) {
      clock.pass(450);
      const asset = await browser.get("/asset");
      expect(await asset.text()).to.equal("from Express");
      clock.pass(20);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
    }
  });
});
