import { expect } from "chai";
import { UnsafeMemoryStore } from "../../lib/index.js";
import { BoundSite, challengeOf, refreshHeaders, send, viewOf } from "../support/bound-site.js";
import type { BindingBrowser } from "../support/binding-browser.js";
import { Device } from "../support/device.js";

/*
 * Each of these requests differs in one character from one that is right. What a browser sends is
 * compared with all of it: nothing may stand before, after or beside it.
 */
describe("A request about a key that is right but for one character", () => {
  let site: BoundSite;
  let owner: BindingBrowser;
  let id: string;

  beforeEach(async () => {
    site = new BoundSite(new UnsafeMemoryStore());
    owner = await site.owner();
    id = owner.instructions!.session_identifier;
  });

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
});
