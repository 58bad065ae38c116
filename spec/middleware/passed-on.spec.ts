import { createMiddleware } from "@hattip/adapter-node";
import { cookie } from "@hattip/cookie";
import type { AdapterRequestContext, HattipHandler } from "@hattip/core";
import { expect } from "chai";
import express, { type RequestHandler } from "express";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  EncryptedCookieStore,
  session,
  UnsafeMemoryStore,
  type SessionOptions,
} from "../../lib/index.js";
import { answer, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { keys, stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

/** An app that uses the session in every request, but answers only some of them. */
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
  describe(`A request that no handler answers, in ${name},`, () => {
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

    it("renews nothing, because its response may be dropped; the next request does", async () => {
      clock.pass(500);
      const passedOn = await browser.get("/asset");
      expect(setCookies(passedOn)).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      const [renewed] = setCookies(await browser.get("/"));
      expect(renewed!.attributes).to.include({ "max-age": "1000" });
      expect(log.types).to.deep.equal(["renewed"]);
    });

    it("renews nothing when a middleware uses the session only after next()", async () => {
      const options = { store: create(), defaultSessionData: {}, idleTimeout: 1000 };
      const site = appOf(
        cookie(),
        session(options),
        async (ctx) => {
          const response = await ctx.next();
          void ctx.session.data;
          return response;
        },
        answer({ "/": ({ session: { data } }) => void (data.n = 1) }),
      );
      browser = new Browser(site);
      await browser.get("/");
      clock.pass(500);
      expect(setCookies(await browser.get("/asset"))).to.deep.equal([]);
      expect(setCookies(await browser.get("/"))).to.have.length(1);
    });

    it("saves changed data without moving the expiry", async () => {
      clock.pass(500);
      await browser.get("/asset?n=2");
      expect(log.types).to.deep.equal(["saved"]);
      const answered = await browser.get("/");
      expect(await answered.json()).to.deep.equal({ n: 2 });
      expect(setCookies(answered)[0]!.attributes).to.include({ "max-age": "1000" });
      expect(log.types).to.deep.equal(["saved", "renewed"]);
    });

    it("saves no personal defaults that were only read", async () => {
      const random = { store: create(), defaultSessionData: () => ({ token: "random" }) };
      const site = gatedApp({ ...random, onEvent: log.onEvent });
      expect(setCookies(await new Browser(site).get("/asset"))).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
      expect(setCookies(await new Browser(site).get("/"))).to.have.length(1);
    });
  });
}

it("A request that no handler answers does not reissue a value that an old key has sealed", async () => {
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

describe("A request that Hattip passes on to Express", () => {
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

  it("is answered by Express, and any number of such requests leaves the browser's session alive", async () => {
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

describe("A request that another handler of the app answers after it was passed on", () => {
  let clock: Clock;
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  /** Half the idle timeout passes between two visits, so that each must renew the session. */
  async function expectRenewedBy(handler: HattipHandler) {
    const browser = new Browser(handler);
    await browser.get("/?n=1");
    for (let visits = 1; visits <= 4; visits++) {
      clock.pass(500);
      const response = await browser.get("/page");
      expect(await response.json()).to.deep.equal({ n: 1 });
      expect(setCookies(response)).to.have.length(1);
    }
  }

  it("renews the session when an earlier middleware answers it", async () => {
    const fallback = appOf(
      cookie(),
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {}, idleTimeout: 1000 }),
      async (ctx) => {
        const found = await ctx.next();
        return found.status === 404 ? Response.json(ctx.session.data) : found;
      },
      answer({ "/": ({ session: { data } }) => void (data.n = 1) }),
    );
    await expectRenewedBy(fallback);
  });

  it("renews the session when a second app with its own session answers it", async () => {
    const options = { defaultSessionData: {}, idleTimeout: 1000 };
    const first = appOf(
      cookie(),
      session({ ...options, store: new UnsafeMemoryStore(), cookieName: "first" }),
      ({ session: current }) => void current.data,
    );
    const second = appOf(
      cookie(),
      session({ ...options, store: new UnsafeMemoryStore() }),
      answer({
        "/": ({ session: { data } }) => void (data.n = 1),
        "/page": (ctx) => Response.json(ctx.session.data, { status: 404 }),
      }),
    );
    await expectRenewedBy(async (ctx) => {
      const response = await first(ctx);
      return response.status === 404 ? second(ctx) : response;
    });
  });

  it("is served by an adapter whose ctx.passThrough is read-only", async () => {
    const site = gatedApp({ store: new UnsafeMemoryStore(), defaultSessionData: {} });
    class Context {
      readonly request = new Request("https://example.com/?n=1");
      get passThrough() {
        return () => {};
      }
      waitUntil() {}
    }
    const response = await site(new Context() as unknown as AdapterRequestContext);
    expect(setCookies(response)).to.have.length(1);
  });
});
