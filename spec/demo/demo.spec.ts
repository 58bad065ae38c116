import { setTimeout } from "node:timers/promises";
import { expect } from "chai";
import type { Browser as Chromium, BrowserContextOptions } from "playwright-core";
import { launchChromium } from "../support/chromium.js";
import { DemoServer } from "../support/demo-server.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";
import { Visitor } from "./visitor.js";

const EXTERNAL = ["memory", "redis"];
const KEYED = ["signed", "encrypted"];
const ALL = [...EXTERNAL, ...KEYED, "unsigned"];

describe("The demo in Chromium", () => {
  let chromium: Chromium;
  let redis: RedisServer;
  let demo: DemoServer;

  before(async () => {
    chromium = await launchChromium();
    redis = await RedisServer.start();
    demo = await DemoServer.start({ REDIS_URL: redis.url });
  });

  after(async () => {
    await chromium?.close();
    await demo?.stop();
    await redis?.stop();
  });

  afterEach(async () => {
    for (const context of chromium?.contexts() ?? []) await context.close();
  });

  /** Opens the site of a store in a new browser profile. */
  async function visit(store: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await chromium.newContext(options);
    const visitor = new Visitor(await context.newPage(), `${demo.origin}/${store}/day/`);
    await visitor.visit();
    return visitor;
  }

  for (const store of ALL) {
    it(`keeps a visitor's data from the first click to the logout (${store})`, async () => {
      const ada = await visit(store);
      expect(await ada.cookie()).to.equal(undefined);
      await ada.press("Count");
      await ada.press("Count");
      expect(await ada.count()).to.equal("2");
      const asGuest = await ada.cookie();

      await ada.logIn("Ada");
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
      expect(await ada.count()).to.equal("2");
      expect((await ada.cookie())!.value).to.not.equal(asGuest!.value);

      await ada.write("first");
      await ada.write("second");
      await ada.press("Delete the note first");
      await ada.press("Regenerate");
      expect(await ada.notes()).to.deep.equal(["second"]);

      await ada.press("Log out");
      expect(await ada.heading.textContent()).to.equal("Log in");
      expect(await ada.cookie()).to.equal(undefined);
    });
  }

  it("shows HTML that a visitor has entered as text", async () => {
    const mallory = await visit("memory");
    await mallory.logIn(`<img src=x onerror="document.title='x'">`);
    await mallory.write(`</span><script>document.title = "x"</script>"'&amp;`);
    expect(await mallory.notes()).to.deep.equal([
      `</span><script>document.title = "x"</script>"'&amp;`,
    ]);
    expect(await mallory.page.locator("img").count()).to.equal(0);
    expect(await mallory.page.title()).to.equal("@hattip/session demo: memory");
  });

  for (const store of EXTERNAL) {
    it(`rejects a session ID from before a login or a logout (${store})`, async () => {
      const ada = await visit(store);
      await ada.press("Count");
      const asGuest = (await ada.cookie())!;
      await ada.logIn("Ada");
      const asAda = (await ada.cookie())!;
      await ada.takeOn(asGuest, asGuest.value);
      expect(await ada.heading.textContent()).to.equal("Log in");
      // The session has moved less than ten seconds ago: this request could be a late one.
      expect((await ada.events())[0]).to.equal("gone");

      await ada.takeOn(asAda, asAda.value);
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
      await ada.press("Log out");
      await ada.takeOn(asAda, asAda.value);
      expect(await ada.heading.textContent()).to.equal("Log in");
      expect((await ada.events())[0]).to.equal("fresh unknown");
    });
  }

  it("sets a cookie that scripts and other sites cannot use", async () => {
    const ada = await visit("signed");
    await ada.press("Count");
    const { value, expires, ...attributes } = (await ada.cookie())!;
    expect(attributes).to.deep.equal({
      name: "signed-day",
      domain: "localhost",
      path: "/",
      httpOnly: true,
      secure: false, // http://localhost; cookies-in-chromium.spec.ts has https
      sameSite: "Lax",
    });
    expect(value).to.match(/^S[\w-]+$/);
    expect(expires).to.be.closeTo(Date.now() / 1000 + 86_400, 60);
    expect(await ada.page.evaluate(() => document.cookie)).to.equal("");
  });

  it("sets a cookie that outlives the browser only with Remember me", async () => {
    const ada = await visit("encrypted");
    await ada.logIn("Ada");
    expect((await ada.cookie())!.expires).to.equal(-1);
    await ada.press("Regenerate");
    await ada.write("the cookie is still without Max-Age");
    expect((await ada.cookie())!.expires).to.equal(-1);

    await ada.press("Log out");
    await ada.page.getByLabel("Remember me").check();
    await ada.logIn("Ada");
    expect((await ada.cookie())!.expires).to.be.closeTo(Date.now() / 1000 + 86_400, 60);
  });

  it("logs all tabs out, and ignores a late form of another tab", async () => {
    const first = await visit("memory");
    await first.logIn("Ada");
    const second = new Visitor(await first.page.context().newPage(), first.page.url());
    await second.visit();
    expect(await second.heading.textContent()).to.equal("Hello, Ada");

    await first.press("Log out");
    await second.write("too late");
    expect(await second.heading.textContent()).to.equal("Log in");
    await second.logIn("Ada");
    expect(await second.notes()).to.deep.equal([]);
  });

  for (const [store, event] of [
    ["memory", "fresh unknown"],
    ["redis", "fresh unknown"],
    ["signed", "fresh tampered"],
    ["encrypted", "fresh tampered"],
  ] as const) {
    it(`starts a fresh session for a tampered cookie (${store})`, async () => {
      const mallory = await visit(store);
      await mallory.logIn("Mallory");
      await mallory.press("Tamper with the cookie");
      expect(await mallory.heading.textContent()).to.equal("Log in");
      expect(await mallory.count()).to.equal("0");
      expect((await mallory.events())[0]).to.equal(event);
    });
  }

  it("shows that a visitor can change an unsigned cookie", async () => {
    const mallory = await visit("unsigned");
    await mallory.press("Count");
    await mallory.press("Tamper with the cookie");
    expect(await mallory.count()).to.equal("1000000");
  });

  it("starts a fresh session for an expired record", async () => {
    const ada = await visit("unsigned");
    await ada.press("Count");
    const cookie = (await ada.cookie())!;
    const record = Buffer.from(cookie.value, "base64url").toString();
    // The client can also change the timestamps of an unsigned cookie.
    const expired = record.replace(/^1\.(\d+)\.\d+\./, (_, created) => `1.${created}.${created}.`);
    await ada.takeOn(cookie, Buffer.from(expired).toString("base64url"));
    expect(await ada.count()).to.equal("0");
    expect((await ada.events())[0]).to.equal("fresh expired");
  });

  for (const store of KEYED) {
    it(`reissues the cookie after a key rotation, and keeps the session (${store})`, async () => {
      const ada = await visit(store);
      await ada.logIn("Ada");
      const oldKey = await ada.fact("Your browser", "Key ID");
      await ada.press("Rotate the key");
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
      expect(await ada.fact("Your browser", "Key ID"))
        .to.match(/^[\da-f]{8}$/)
        .and.not.equal(oldKey);
      expect((await ada.events())[0]).to.equal("reissued");
      await ada.visit();
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
    });
  }

  const raceResult = async (visitor: Visitor): Promise<string | null> => {
    await visitor.press("Two requests at once");
    return visitor.region("Try to break it").locator("strong").textContent();
  };

  for (const store of EXTERNAL) {
    it(`keeps the changes of both concurrent requests (${store})`, async () => {
      const ada = await visit(store);
      // The first race begins the session.
      expect(await raceResult(ada)).to.equal("Left 1, right 1, shared 2.");
      expect(await ada.events()).to.include("merged");
      await ada.press("Count");
      expect(await raceResult(ada)).to.equal("Left 1, right 1, shared 2.");
      await ada.takeOn((await ada.cookie())!, "no-session-has-this-id");
      expect(await raceResult(ada)).to.equal("Left 1, right 1, shared 2.");
      expect(await ada.count()).to.equal("0");
    });
  }

  for (const store of [...KEYED, "unsigned"]) {
    it(`keeps the changes of only one of two concurrent requests (${store})`, async () => {
      const ada = await visit(store);
      for (let race = 1; race <= 2; race++) {
        expect(await raceResult(ada)).to.match(/^Left (1, right 0|0, right 1), shared 1\.$/);
        await ada.press("Count");
      }
      expect(await ada.count()).to.equal("2");
    });
  }

  it("shows an error when a note does not fit, and keeps the older notes", async () => {
    const ada = await visit("encrypted");
    await ada.logIn("Ada");
    for (const character of ["a", "b", "c"]) await ada.write(character.repeat(990));
    expect(await ada.page.getByRole("main").textContent()).to.include(
      "ERR_SESSION_COOKIE_TOO_LARGE",
    );
    await ada.follow("Back");
    expect(await ada.notes()).to.deep.equal(["a".repeat(990), "b".repeat(990)]);
  });

  it("answers with an error while Redis is down, and continues the session afterwards", async () => {
    const ada = await visit("redis");
    await ada.logIn("Ada");
    redis.pause();
    try {
      await ada.visit();
      expect(await ada.page.getByRole("main").textContent()).to.include("ERR_SESSION_STORE");
    } finally {
      redis.resume();
    }
    await waitUntil("Ada's session after the outage of Redis", async () => {
      await ada.visit();
      return (await ada.heading.textContent()) === "Hello, Ada";
    });
  });

  it("tells a new visitor that Redis is down, instead of showing forms", async () => {
    redis.pause();
    try {
      const ada = await visit("redis");
      expect(await ada.page.getByRole("main").textContent()).to.include("ERR_SESSION_STORE");
      expect(await ada.page.getByLabel("Name").count()).to.equal(0);
    } finally {
      redis.resume();
    }
    await waitUntil("the demo's connection after the outage of Redis", async () => {
      const ada = await visit("redis");
      return (await ada.heading.textContent()) === "Log in";
    });
  });

  it("offers to send a form again that Redis could not store", async () => {
    const ada = await visit("redis");
    redis.pause();
    try {
      await ada.logIn(`Ada "the first"`);
      expect(await ada.page.getByRole("main").textContent()).to.include("ERR_SESSION_STORE");
    } finally {
      redis.resume();
    }
    await waitUntil("the login after the outage of Redis", async () => {
      await ada.press("Try again");
      return (await ada.heading.textContent()) === `Hello, Ada "the first"`;
    });
  });

  it("shows the record in Redis and its key", async () => {
    const ada = await visit("redis");
    await ada.logIn("Ada");
    const key = (await ada.fact("The server", "Key"))!;
    expect(await redis.cli("GET", key)).to.include('"name":"Ada"');
    expect(JSON.parse((await ada.fact("The server", "Data"))!)).to.include({ name: "Ada" });
    expect(key).to.not.include((await ada.cookie())!.value);
  });

  it("works without JavaScript", async () => {
    const ada = await visit("encrypted", { javaScriptEnabled: false });
    await ada.logIn("Ada");
    await ada.write("no script");
    expect(await ada.notes()).to.deep.equal(["no script"]);
    // It cannot count down, and says so.
    expect(await ada.region("Time left").textContent()).to.match(
      /24 hours\s+when the server sent this page/,
    );
    await ada.press("Log out");
    expect(await ada.heading.textContent()).to.equal("Log in");
  });

  it("counts down to the end of the session", async () => {
    const ada = await visit("memory");
    await ada.page.clock.install();
    await ada.page.goto(`${demo.origin}/memory/minute/`);
    await ada.press("Count");
    const idle = ada.region("Time left").getByRole("timer").first();
    expect(await idle.textContent()).to.match(/^\d+ seconds$/);
    await ada.page.clock.fastForward(21_000);
    expect(await idle.textContent()).to.equal("expired: reload the page");
  });

  for (const store of ["memory", "encrypted"]) {
    it(`shows the same end of the session as the record, also after a renewal (${store})`, async () => {
      const ada = await visit(store);
      await ada.page.goto(`${demo.origin}/${store}/minute/`);
      await ada.press("Count");
      await setTimeout(2500); // after 2 of 20 seconds, a request renews the session
      await ada.page.reload();
      expect((await ada.events())[0]).to.equal("renewed");
      const idle = ada.region("Time left").getByRole("timer").first();
      const left = Number(await idle.getAttribute("data-seconds"));
      expect(left).to.be.within(19, 20);
      const region = EXTERNAL.includes(store) ? "The server" : "Your browser";
      const expires = Date.parse((await ada.fact(region, "Expires"))!.replace(" UTC", "Z"));
      expect(expires / 1000 - Date.now() / 1000).to.be.closeTo(left, 2);
    });
  }

  it("works with the keyboard alone", async () => {
    const ada = await visit("memory");
    const { page } = ada;
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal(
      "Skip to the content",
    );
    const enter = () => Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await enter();
    expect(await ada.count()).to.equal("1");
    // The focus continues where the button was pressed, not at the top of the page.
    await page.keyboard.press("Tab");
    await enter();
    expect(await ada.count()).to.equal("2");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Ada");
    await enter();
    expect(await ada.heading.textContent()).to.equal("Hello, Ada");
  });

  for (const width of [320, 390, 1280]) {
    it(`fits a screen that is ${width} pixels wide`, async () => {
      const ada = await visit("signed", { viewport: { width, height: 800 } });
      await ada.logIn("A".repeat(40));
      await ada.write("x".repeat(200));
      const overflow = () => document.documentElement.scrollWidth - window.innerWidth;
      expect(await ada.page.evaluate(overflow)).to.be.at.most(0);
    });
  }

  it("rejects forms of other sites", async () => {
    const ada = await visit("memory");
    const login = `${demo.origin}/memory/day/login`;
    await ada.page.goto("about:blank");
    await ada.page.setContent(
      `<form method="post" action="${login}"><input name="name" value="Mallory"><button>x</button></form>`,
    );
    const [answer] = await Promise.all([ada.page.waitForResponse(login), ada.press("x")]);
    expect(answer.status()).to.equal(403);
    await ada.visit();
    expect(await ada.heading.textContent()).to.equal("Log in");
  });
});
