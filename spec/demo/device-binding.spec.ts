import { expect } from "chai";
import { BindingBrowser } from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { openHttpsDemo, type HttpsDemo } from "./https-demo.js";

const PROOF_SECONDS = 300;
/** After it, a request that is still without a proof is refused. */
const GRACE_SECONDS = 10;

/** What a page says, without its tags. */
function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
    .replace(/\s+/g, " ");
}

/** The events in the panel, newest first, each with its sentence. */
function eventsOf(html: string): string[] {
  const [, list = ""] = /<ol class="events">(.*?)<\/ol>/s.exec(html) ?? [];
  return [...list.matchAll(/<li.*?<\/li>/gs)].map(([item]) => textOf(item).trim());
}

/** The value of a labelled part in the panel. */
function fact(html: string, name: string): string | undefined {
  const [, value] = new RegExp(`<dt>${name}</dt>\\s*<dd[^>]*>(.*?)</dd>`, "s").exec(html) ?? [];
  return value === undefined ? undefined : textOf(value).trim();
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** A visitor's browser, at the site of one store. */
class Tab {
  readonly browser: Browser;
  readonly #home: string;

  constructor(browser: Browser, store: string) {
    this.browser = browser;
    this.#home = `/${store}/day/`;
  }

  async page(): Promise<string> {
    return (await this.browser.get(this.#home)).text();
  }

  /** Presses a button, and returns the page that follows. */
  async press(action: string, fields: Record<string, string> = {}): Promise<string> {
    const body = new URLSearchParams(fields).toString();
    const { status } = await this.browser.post(this.#home + action, { headers: FORM, body });
    expect(status, action).to.equal(303);
    return this.page();
  }

  logIn(): Promise<string> {
    return this.press("login", { name: "Ada" });
  }
}

describe("The demo over https, about device binding", () => {
  let clock: Clock;
  let demo: HttpsDemo;

  before(async () => {
    demo = await openHttpsDemo("memory", "redis", "signed", "encrypted", "unsigned");
  });
  after(() => demo?.close());
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  const visit = (store: string): Tab => new Tab(new BindingBrowser(demo.app), store);
  const visitWithoutBinding = (store: string): Tab => new Tab(new Browser(demo.app), store);

  for (const store of ["memory", "redis"]) {
    describe(`with the ${store} store`, () => {
      it("shows the key of the device, the proof and its time, and both in the record", async () => {
        const ada = visit(store);
        const { browser } = ada;
        const page = await ada.logIn();
        const { x, y } = (browser as BindingBrowser).device!.jwk;
        const key = `ES256 ${x!.slice(0, 6)}…${y!.slice(-6)}`;
        expect(fact(page, "Bound to the key")).to.equal(key);
        expect(fact(page, "The proof counts for")).to.include(`${PROOF_SECONDS} seconds`);
        expect(textOf(page)).to.include(
          `__Host-${store}-day-proof =${browser.cookie(`__Host-${store}-day-proof`)}`,
        );
        expect(fact(page, "Device key")).to.equal(key);
        expect(fact(page, "Bound")).to.match(/^2027-01-15 .* UTC$/);
      });

      it("hides the secret of the record, with which everybody could make proofs", async () => {
        const page = await visit(store).logIn();
        const secret = /^[\w-]{4}…/;
        expect(fact(page, "Device secret")).to.match(secret);
        const [, stored = ""] = /aria-label="As it is stored[^>]*>(.*?)<\/pre>/s.exec(page)!;
        expect(stored).to.match(/^device=[\w-]{4}…\.\d{10}\.ES256\./);
      });

      it("shows the thief what the owner sees, until the copied proof is over", async () => {
        const ada = visit(store);
        await ada.logIn();
        clock.pass(GRACE_SECONDS);
        let page = await ada.press("steal");
        expect(textOf(page)).to.include("The thief sees “Hello, Ada”");
        expect(textOf(page)).to.match(/That will end: the copied proof counts for 290 seconds/);
        expect(textOf(page)).to.include("Without it, the thief sees “Log in”, 0 clicks.");

        clock.pass(PROOF_SECONDS);
        page = await ada.press("look");
        expect(textOf(page)).to.include("The thief sees “Log in”, 0 clicks.");
        expect(textOf(page)).to.include("The thief is shut out: unproven.");
        expect(eventsOf(page).filter((event) => event.includes("as-thief"))).to.have.length(1);
        expect(textOf(page), "the owner").to.include("Hello, Ada Log out");
        expect(fact(page, "The proof counts for")).to.include(`${PROOF_SECONDS} seconds`);
      });

      it("says that the copy is worth nothing once the session has a new ID, or has ended", async () => {
        const ada = visit(store);
        await ada.logIn();
        await ada.press("steal");
        expect(textOf(await ada.press("regenerate"))).to.include("worth nothing: gone.");
        const page = await ada.press("steal");
        expect(textOf(page)).to.include("The thief sees “Hello, Ada”");
        expect(textOf(await ada.press("logout"))).to.include("worth nothing: unknown.");
        expect(textOf(await ada.press("send-away"))).to.not.include("The thief sees");
      });

      it("explains each event", async () => {
        const ada = visit(store);
        const browser = ada.browser as BindingBrowser;
        await ada.logIn();
        clock.pass(PROOF_SECONDS);
        let events = eventsOf(await ada.page()).join("\n");
        expect(events).to.match(/binding-offered .* The response asked the browser for a key/);
        expect(events).to.match(/bound .* The browser has registered a key/);
        expect(events).to.match(/proved .* The browser has signed with its key/);

        await browser.register(); // the challenge is too old
        expect(eventsOf(await ada.page())[0]).to.match(/proof-refused .* or it came too late/);

        const [session] = browser.jar.getCookiesSync(`https://example.com/${store}/day/`);
        const thief = new Browser(demo.app);
        const skipped = await thief.get(`/${store}/day/`, {
          cookie: `${session!.key}=${session!.value}`,
          headers: { "secure-session-skipped": "unreachable" },
        });
        const page = await skipped.text();
        expect(page, "a page for a thief").to.not.include("Ada");
        events = eventsOf(page).slice(0, 2).join("\n");
        expect(events).to.match(/fresh unproven .* the request had no proof of it/);
        expect(events).to.match(/refresh-skipped unreachable .* said why/);
      });

      it("says that a browser without keys has none, and that its cookie is worth stealing", async () => {
        const ada = visitWithoutBinding(store);
        const page = await ada.logIn();
        expect(textOf(page))
          .to.include("No key of your device yet.")
          .and.include("Chrome on Windows or macOS");
        expect(fact(page, "Device key")).to.equal(undefined);
        const stolen = textOf(await ada.press("steal"));
        expect(stolen).to.include("The copy is as good as your cookie.");
      });
    });
  }

  for (const store of ["signed", "encrypted", "unsigned"]) {
    it(`says why the ${store} store binds nobody, and what a copy is worth after the log-out`, async () => {
      const ada = visit(store);
      const page = textOf(await ada.logIn());
      expect(page).to.include(
        `the ${store} store keeps nothing on the server`.replace("the", "The"),
      );
      expect(textOf(await ada.press("steal"))).to.include("The copy is as good as your cookie.");
      await ada.press("count");
      const after = textOf(await ada.press("logout"));
      expect(after).to.include("Log in Any name").and.include("What the thief sees now");
      expect(after).to.include("The thief sees “Hello, Ada”, 0 clicks.");
      expect(after).to.include("The copy outlives your session.");
    });
  }

  it("leaves the page as it is that lets a browser come again, with its proof", async () => {
    const ada = visit("memory");
    await ada.logIn();
    clock.pass(GRACE_SECONDS);
    const [session] = ada.browser.jar.getCookiesSync("https://example.com/memory/day/");
    const stranger = new Browser(demo.app);
    const answer = await stranger.get("/memory/day/", {
      cookie: `${session!.key}=${session!.value}`,
      headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    });
    expect(answer.headers.get("refresh")).to.equal("1; url=./");
    expect(await answer.text()).to.not.include("What is stored where");
  });

  it("lets nobody steal who has no session", async () => {
    const guest = visit("memory");
    const page = textOf(await guest.press("steal"));
    expect(page).to.include("You need a session first").and.not.include("The thief sees");
  });
});
