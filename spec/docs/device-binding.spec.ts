import { cookie } from "@hattip/cookie";
import type { HattipHandler } from "@hattip/core";
import { createRouter, type Router } from "@hattip/router";
import { DeviceBinding, session, UnsafeMemoryStore, type SessionStore } from "@hattip/session";
import { expect } from "chai";
import { BindingBrowser } from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { appCode } from "./app-code.js";
import { Document } from "./document.js";
import { replaced } from "./page-app.js";

const page = new Document("docs/device-binding.md");
const [security, testing] = [new Document("docs/security.md"), new Document("docs/testing.md")];

const PROOF_SECONDS = 300;
const PATH = "/.well-known/session-binding/session";

describe("The page about sessions that are bound to a device", () => {
  let clock: Clock;
  let store: SessionStore;

  beforeEach(() => {
    clock = new Clock();
    store = new UnsafeMemoryStore();
  });
  afterEach(() => clock.restore());

  /** An app with a log-in, and a page that greets its visitor, behind what `install` adds. */
  function appOf(...install: ((app: Router) => unknown)[]): HattipHandler {
    const app = createRouter();
    app.use(cookie());
    for (const add of install) add(app);
    app.post("/login", async (ctx) => {
      await ctx.session.regenerate();
      ctx.session.data["userId"] = "ada";
      return new Response("Logged in");
    });
    app.get("/", (ctx) => new Response(ctx.session.data["userId"] ?? "guest"));
    return app.buildHandler();
  }

  /** The block of the page that has this part, as a function that adds it to an app. */
  async function blockWith(part: string, from = page): Promise<(app: Router) => any> {
    const install = await appCode(from.blocksWith("ts", part), "app", "store");
    return (app) => install(app, store);
  }

  const binding = (app: Router): void => {
    app.use(session({ store, deviceBinding: new DeviceBinding() }));
  };

  async function loggedIn(app: HattipHandler): Promise<BindingBrowser> {
    const browser = new BindingBrowser(app);
    await browser.post("/login");
    return browser;
  }

  /** Another machine with a copy of the cookies, which it lets never run out, and without the key. */
  function thiefOf(app: HattipHandler, owner: Browser): Browser {
    const thief = new Browser(app);
    for (const name of ["session", "session-proof"]) thief.setCookie(name, owner.cookie(name)!);
    return thief;
  }

  const greeted = async (browser: Browser): Promise<string> => (await browser.get("/")).text();

  it("switches it on: copied cookies are worth nothing after five minutes", async () => {
    const app = appOf(await blockWith("a store such as"));
    const owner = await loggedIn(app);
    const thief = thiefOf(app, owner);
    expect(await greeted(thief)).to.equal("ada");
    clock.pass(PROOF_SECONDS + 1);
    expect(await greeted(owner)).to.equal("ada");
    expect(await greeted(thief)).to.equal("guest");
  });

  it("binds nothing over http, without a sign other than the missing offer", async () => {
    const log = new EventLog();
    const app = appOf((router) =>
      router.use(session({ store, deviceBinding: new DeviceBinding(), onEvent: log.onEvent })),
    );
    const browser = new BindingBrowser(app, { origin: "http://localhost" });
    const response = await browser.post("/login");
    expect(response.headers.has("secure-session-registration")).to.equal(false);
    expect(log.types).to.deep.equal(["saved"]);
    expect(await greeted(browser)).to.equal("ada");
  });

  describe("has a route that demands a bound session. It answers", () => {
    let app: HattipHandler;

    beforeEach(async () => {
      app = appOf(binding, await blockWith('"/payout"'));
    });

    const payOut = async (browser: Browser): Promise<number> =>
      (await browser.post("/payout")).status;

    it("the browser that has bound it", async () => {
      const owner = await loggedIn(app);
      expect(await payOut(owner)).to.equal(200);
      clock.pass(PROOF_SECONDS + 1);
      expect(await payOut(owner)).to.equal(200);
    });

    it("a visitor whose browser cannot bind it with 403", async () => {
      const browser = new Browser(app);
      await browser.post("/login");
      expect(await payOut(browser)).to.equal(403);
    });

    it("a thief as a guest, when the proof is over", async () => {
      const thief = thiefOf(app, await loggedIn(app));
      clock.pass(PROOF_SECONDS + 1);
      expect(await payOut(thief)).to.equal(401);
    });
  });

  it("counts events by name and reason", async () => {
    const { counts, install } = await counting();
    const app = appOf(install);
    const owner = await loggedIn(app);
    const thief = thiefOf(app, owner);
    await owner.get("/");
    clock.pass(PROOF_SECONDS + 1);
    await owner.get("/");
    await thief.get("/");
    await thief.get("/", { headers: { "secure-session-skipped": "quota_exceeded" } });
    expect(counts()).to.deep.equal({
      saved: 1,
      "binding-offered": 1,
      bound: 1,
      proved: 1,
      "fresh unproven": 2,
      "refresh-skipped quota_exceeded": 1,
    });
  });

  it("names every event that a bound session can cause", async () => {
    const [table] = page.text.split("| event ").slice(1);
    for (const name of ["binding-offered", "bound", "proved", "proof-refused", "refresh-skipped"]) {
      expect(table!.split("\n\n", 1)[0]).to.include(`\`${name}`);
    }
  });

  describe("takes offers out before session()", () => {
    it("for all log-ins but a part of them", async () => {
      const app = appOf(await blockWith("SHARE ="), binding);
      let offered = 0;
      for (let n = 0; n < 200; n++) {
        const response = await new Browser(app).post("/login");
        if (response.headers.has("secure-session-registration")) offered++;
      }
      // A tenth of 200: further off than these limits in one of a hundred million runs.
      expect(offered).to.be.within(1, 60);
    });

    it("and bound sessions stay bound", async () => {
      const owner = await loggedIn(appOf(binding));
      const install = await appCode(
        page.blocksWith("ts", "SHARE =").map((block) => ({
          ...block,
          text: replaced(block.text, "SHARE = 0.1", "SHARE = 0"),
        })),
        "app",
      );
      const app = appOf(install, binding);
      const browser = sameBrowser(owner, app);
      clock.pass(PROOF_SECONDS + 1);
      expect(await greeted(browser)).to.equal("ada");
      const other = await loggedIn(app);
      expect(other.offer).to.equal(undefined);
      expect(await greeted(other)).to.equal("ada");
    });
  });

  describe("says what happens when the option is removed:", () => {
    let owner: BindingBrowser;
    let without: HattipHandler;

    beforeEach(async () => {
      owner = await loggedIn(appOf(binding));
      without = appOf((router) => router.use(session({ store })));
    });

    it("bound sessions go on without proofs, and the path is not found", async () => {
      const browser = new Browser(without, { jar: owner.jar });
      clock.pass(PROOF_SECONDS + 1);
      expect(await greeted(browser)).to.equal("ada");
      expect((await browser.post(PATH)).status).to.equal(404);
    });

    it("asks for proofs again when it is put back, and lets the visitor log in again", async () => {
      clock.pass(PROOF_SECONDS + 1);
      // After the 404, the browser has no key.
      const browser = new BindingBrowser(appOf(binding), { jar: owner.jar });
      expect(await greeted(browser)).to.equal("guest");
      await browser.post("/login");
      clock.pass(PROOF_SECONDS + 1);
      expect(await greeted(browser)).to.equal("ada");
      expect(browser.device).to.not.equal(undefined);
    });

    it("asks for proofs of a session that has moved meanwhile, too", async () => {
      const browser = new BindingBrowser(without, { jar: owner.jar });
      await browser.post("/login");
      clock.pass(PROOF_SECONDS + 1);
      expect(await greeted(new Browser(appOf(binding), { jar: browser.jar }))).to.equal("guest");
    });
  });

  it("lets the check of CSRF in docs/security.md pass the browser's own requests", async () => {
    const app = appOf(await blockWith("sec-fetch-site", security), binding);
    const own = (request: Request): Request => {
      request.headers.set("sec-fetch-site", "same-origin");
      return request;
    };
    const owner = await loggedIn((ctx) => app({ ...ctx, request: own(ctx.request) }));
    clock.pass(PROOF_SECONDS + 1);
    expect(await greeted(owner)).to.equal("ada");
  });

  it("answers at the path what the table says", async () => {
    const app = appOf(binding);
    const owner = await loggedIn(app);
    const id = { "sec-secure-session-id": owner.instructions!.session_identifier };
    expect((await owner.get(PATH)).status).to.equal(405);
    expect((await owner.send(PATH, {})).status).to.equal(400);
    const answer = owner.registration!;
    expect((await owner.send(PATH, { "secure-session-response": answer })).status).to.equal(200);
    const first = await owner.send(PATH, id);
    expect(first.status).to.equal(403);
    expect(first.headers.get("secure-session-challenge")).to.match(/^"[\w.-]+";id="[\w-]{43}"$/);
    const wrong = await owner.device!.sign("1.AAAAAAAAAAAAAAAAAAAAAA");
    expect((await owner.send(PATH, { ...id, "secure-session-response": wrong })).status).to.equal(
      403,
    );
    const over = await owner.send(PATH, id, "session=none");
    expect([over.status, await over.text()]).to.deep.equal([200, '{"continue":false}']);
  });

  it("advises proofSeconds with which a browser signs at most six times in nine minutes", async () => {
    const [, one, two, three, most] =
      /at least (\d+) for one .* (\d+) for two,\s+(\d+) for three, (\d+) for four to six/.exec(
        page.text,
      )!;
    const advice = [one, two, three, most, most, most].map(Number);
    for (const [index, proofSeconds] of advice.entries()) {
      const sessions = index + 1;
      const cookieSeconds = await lifeOfProofCookie(proofSeconds);
      // A browser that sends requests all the time renews two minutes before the end.
      const renewals = Math.floor(540 / (cookieSeconds - 120));
      expect(sessions * (1 + renewals), `${proofSeconds} seconds`).to.be.at.most(6);
    }
    expect((await lifeOfProofCookie(300)) - 120).to.equal(150);
    expect((await lifeOfProofCookie(134)) - 120).to.be.at.most(0);
  });

  async function lifeOfProofCookie(proofSeconds: number): Promise<number> {
    const app = appOf((router) =>
      router.use(session({ store, deviceBinding: new DeviceBinding({ proofSeconds }) })),
    );
    const owner = new BindingBrowser(app);
    const offered = await Browser.prototype.request.call(owner, "/login", { method: "POST" });
    owner.offer = offered.headers.get("secure-session-registration")!;
    const [header] = (await owner.register()).headers.getSetCookie();
    return Number(/Max-Age=(\d+)/.exec(header!)![1]);
  }

  it("has a browser with a key for an app's tests, in docs/testing.md", async () => {
    const { bind } = await importOf(testing, "bind.mjs");
    const app = appOf(binding, await blockWith('"/payout"'));
    const browser = new Browser(app);
    const send = (path: string, init: RequestInit): Promise<Response> =>
      browser.request(path, init);
    const bound = await bind({ send }, await browser.post("/login"));
    expect(bound.status).to.equal(200);
    expect((await browser.post("/payout")).status).to.equal(200);
    const thief = thiefOf(app, browser);
    clock.pass(PROOF_SECONDS + 1);
    expect(await greeted(thief)).to.equal("guest");
  });

  /** The page's counter, which has the middleware in it. */
  async function counting(): Promise<{
    counts: () => Record<string, number>;
    install: (app: Router) => void;
  }> {
    const code = await blockWith("counts[name]");
    let counts: Record<string, number> = {};
    return { counts: () => counts, install: (app) => void ({ counts } = code(app)) };
  }

  /** The same browser, after a deployment. */
  function sameBrowser(before: BindingBrowser, app: HattipHandler): BindingBrowser {
    const browser = new BindingBrowser(app, { jar: before.jar });
    browser.device = before.device;
    browser.instructions = before.instructions;
    return browser;
  }
});

/** The module of a page's code block with this file name. */
async function importOf(document: Document, name: string): Promise<Record<string, any>> {
  const { text } = document.blocks.find(({ fileName }) => fileName === name)!;
  return import(`data:text/javascript,${encodeURIComponent(text)}`);
}
