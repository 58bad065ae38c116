import { expect } from "chai";
import { createHmac } from "node:crypto";
import { UnsafeMemoryStore } from "../../lib/index.js";
import { BindingBrowser } from "../support/binding-browser.js";
import {
  BoundSite,
  challengeOf,
  GRACE_SECONDS,
  refreshChallenge,
  refreshHeaders,
  send,
  sessionIdOf,
  viewOf,
} from "../support/bound-site.js";
import { Clock } from "../support/clock.js";
import { Device } from "../support/device.js";

const ONE_MORE = {
  "character before the value": (its: string) => `a${its}`,
  "digit before the value": (its: string) => `0${its}`,
  "character after the value": (its: string) => `${its}A`,
};

/*
 * Most of these requests differ in one character from one that is right. What a browser sends is
 * compared with all of it: nothing may stand before, after or beside it.
 */
describe("A request about a key that is almost right", () => {
  let clock: Clock;
  let site: BoundSite;
  let owner: BindingBrowser;
  let id: string;

  beforeEach(async () => {
    clock = new Clock();
    site = new BoundSite(new UnsafeMemoryStore());
    owner = await site.owner();
    id = owner.instructions!.session_identifier;
  });
  afterEach(() => clock.restore());

  for (const [name, header] of Object.entries({
    "no quotation mark at the end": (its: string) => `"${its}`,
    "no quotation mark at the beginning": (its: string) => `${its}"`,
    "another identifier after its parameters": (its: string) => `"${its}";a=1, "${its}"`,
    "a character before it": (its: string) => `a"${its}"`,
    "a character after it": (its: string) => `"${its}"a`,
  })) {
    it(`is malformed: ${name}`, async () => {
      const headers = { "sec-secure-session-id": header(id) };
      expect((await send(owner, headers)).status).to.equal(400);
      expect((await send(owner, refreshHeaders(id))).status).to.equal(403);
    });
  }

  for (const [name, change] of Object.entries({
    "before the challenge": (its: string) => `a${its}`,
    "after the challenge": (its: string) => `${its}a`,
    "between its parts": (its: string) => its.replace(".", "a."),
  })) {
    it(`registers nothing: one more ${name}`, async () => {
      const browser = await site.unboundOwner();
      const device = await Device.make();
      const register = async (challenge: string) =>
        (await send(browser, { "secure-session-response": await device.register(challenge) }))
          .status;
      const challenge = challengeOf(browser);
      expect(await register(change(challenge))).to.equal(403);
      expect(await viewOf(browser)).to.deep.equal({ user: "ada", isDeviceBound: false });
      expect(await register(challenge)).to.equal(200);
      expect(await viewOf(browser)).to.deep.equal({ user: "ada", isDeviceBound: true });
    });
  }

  for (const [name, change] of Object.entries(ONE_MORE)) {
    it(`proves nothing: one more ${name} of the proof cookie`, async () => {
      clock.pass(GRACE_SECONDS + 1);
      const thief = site.thiefOf(owner);
      thief.setCookie("session-proof", change(owner.proof!));
      expect(await viewOf(thief)).to.deep.equal({ isDeviceBound: false });
      thief.setCookie("session-proof", owner.proof!);
      expect(await viewOf(thief)).to.deep.equal({ user: "ada", isDeviceBound: true });
    });

    it(`renews nothing: one more ${name} of the challenge`, async () => {
      const challenge = await refreshChallenge(owner, id);
      const renew = async (its: string) =>
        (await send(owner, refreshHeaders(id, await owner.device!.sign(its)))).status;
      expect(await renew(change(challenge))).to.equal(403);
      expect(await renew(challenge)).to.equal(200);
    });
  }

  it("proves nothing: the last character of the proof cookie has bits that count for nothing", async () => {
    clock.pass(GRACE_SECONDS + 1);
    const thief = site.thiefOf(owner);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const proof = owner.proof!;
    const other = alphabet[alphabet.indexOf(proof.at(-1)!) + 1]!;
    thief.setCookie("session-proof", proof.slice(0, -1) + other);
    expect(await viewOf(thief)).to.deep.equal({ isDeviceBound: false });
  });

  it("registers nothing under an empty secret, if the session has none", async () => {
    const browser = new BindingBrowser(site.app);
    await browser.get("/save?a"); // begins a session without regenerate(): no key is asked for
    const second = String(clock.now);
    const mac = createHmac("sha256", "").update(`registration ${second}`).digest();
    const forged = `${sessionIdOf(browser)}.${second}.${mac.subarray(0, 16).toString("base64url")}`;
    const signed = await (await Device.make()).register(forged);
    expect((await send(browser, { "secure-session-response": signed })).status).to.equal(403);
    expect(await viewOf(browser)).to.deep.equal({ saved: "?a", isDeviceBound: false });
  });
});
