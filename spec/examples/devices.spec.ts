import { expect } from "chai";
import sinon from "sinon";
import devices from "../../examples/devices.js";
import { deviceName } from "../../examples/device-name.js";
import { Browser } from "../support/browser.js";

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0";
const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

describe("The example devices", () => {
  let password = "engine";

  async function logIn(userAgent = FIREFOX, user = "ada", word = password): Promise<Browser> {
    const browser = new Browser(devices);
    const body = new URLSearchParams({ user, password: word });
    const headers = { "user-agent": userAgent };
    expect((await browser.post("/login", { body, headers })).status).to.equal(303);
    return browser;
  }
  const page = async (browser: Browser) => (await browser.get("/")).text();
  const isLoggedIn = async (browser: Browser) => !(await page(browser)).includes("Log in");
  /** The items of the list, as text. */
  const list = async (browser: Browser) => {
    const items = [...(await page(browser)).matchAll(/<li>(.*?)<\/li>/gs)].map(([, item]) => item!);
    return items.map((item) => item.replace(/<form.*/s, "").trim());
  };
  const end = (browser: Browser, id: string) =>
    browser.post("/end", { body: new URLSearchParams({ id }) });
  const idIn = async (browser: Browser) =>
    /name="id" value="([^"]*)"/.exec(await page(browser))?.[1] ?? "";
  const change = (browser: Browser, from: string, to: string) =>
    browser.post("/password", {
      body: new URLSearchParams({ password: from, "new-password": to }),
    });

  afterEach(async () => {
    // The list of one spec must not have the sessions of another one.
    const last = await logIn();
    await last.post("/end-others");
    await last.post("/logout");
  });

  it("lists the devices, and says which is this one and when another was used", async () => {
    const firefox = await logIn();
    const phone = await logIn(SAFARI);
    const lastUse = async () => {
      const items = await list(firefox);
      expect(items).to.have.length(2).and.to.include("Firefox on Windows: this session");
      const ofPhone = /^Safari on iPhone, last used <time>(.*)<\/time>$/m.exec(items.join("\n"));
      return Date.parse(ofPhone?.[1] ?? "");
    };
    expect(await lastUse()).to.be.closeTo(Date.now(), 5000);

    const clock = sinon.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ["Date"] });
    try {
      expect(await list(phone)).to.include("Safari on iPhone: this session");
      expect(await lastUse()).to.be.closeTo(Date.now(), 5000);
    } finally {
      clock.restore();
    }
  });

  it("ends one session, whose user is signed out at the next click", async () => {
    const firefox = await logIn();
    const phone = await logIn(SAFARI);
    await end(firefox, await idIn(firefox));
    expect(await isLoggedIn(phone)).to.equal(false);
    expect(await list(firefox)).to.deep.equal(["Firefox on Windows: this session"]);
  });

  it("ends no session for a guest, and none for an ID that is none", async () => {
    const firefox = await logIn();
    await logIn(SAFARI);
    const id = await idIn(firefox);
    await end(new Browser(devices), id);
    for (const wrong of ["", "x", `${id}x`, "../secret"]) {
      expect((await end(firefox, wrong)).status).to.equal(303);
    }
    expect(await list(firefox)).to.have.length(2);
  });

  it("ends all others, and every copy of this session's cookie", async () => {
    const firefox = await logIn();
    const phone = await logIn(SAFARI);
    const thief = new Browser(devices);
    thief.setCookie("session", firefox.cookie("session")!);
    expect(await isLoggedIn(thief)).to.equal(true);

    await firefox.post("/end-others");
    expect(await isLoggedIn(phone)).to.equal(false);
    expect(await isLoggedIn(thief)).to.equal(false);
    expect(await list(firefox)).to.deep.equal(["Firefox on Windows: this session"]);
  });

  it("ends all others when the password changes, and takes only the new one from then on", async () => {
    const firefox = await logIn();
    const phone = await logIn(SAFARI);
    expect((await change(firefox, "machine", "difference")).status).to.equal(403);
    expect((await change(firefox, password, "short")).status).to.equal(422);
    expect(await isLoggedIn(phone)).to.equal(true);

    expect((await change(firefox, password, "difference")).status).to.equal(303);
    expect(await isLoggedIn(phone)).to.equal(false);
    expect(await isLoggedIn(firefox)).to.equal(true);
    const body = new URLSearchParams({ user: "ada", password });
    expect((await phone.post("/login", { body })).status).to.equal(401);
    password = "difference";
    await logIn(SAFARI);
  });

  it("does not change the password for a session that ends meanwhile", async () => {
    const firefox = await logIn();
    const phone = await logIn(SAFARI);
    const log = sinon.stub(console, "error");
    try {
      const changing = change(phone, password, "analytical");
      // While the server hashes both passwords, which takes longer than this.
      await firefox.post("/end-others");
      expect((await changing).status).to.equal(500);
      expect(log.args[0]?.[0]).to.have.property("code", "ERR_SESSION_CONFLICT");
    } finally {
      log.restore();
    }
    await logIn(SAFARI);
  });

  it("begins no session for a guest who posts its forms", async () => {
    for (const path of ["/end", "/end-others", "/password", "/logout"]) {
      const guest = new Browser(devices);
      expect((await guest.post(path, { body: new URLSearchParams() })).status).to.equal(303);
      expect(guest.cookie("session")).to.equal(undefined);
    }
  });

  it("shows no part of a User-Agent, which can be anything", () => {
    expect(deviceName("<script>alert(1)</script> Firefox/1 Linux")).to.equal("Firefox on Linux");
    expect(deviceName("<b>curl</b>")).to.equal("Unknown browser");
    expect(deviceName(null)).to.equal("Unknown browser");
  });

  for (const [name, userAgent] of [
    ["Firefox on Windows", FIREFOX],
    ["Safari on iPhone", SAFARI],
    [
      "Chrome on Android",
      "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    ],
    [
      "Edge on Windows",
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
    ],
    [
      "Safari on Mac",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    ],
  ] as const) {
    it(`names the device by its User-Agent: ${name}`, () => {
      expect(deviceName(userAgent)).to.equal(name);
    });
  }
});
