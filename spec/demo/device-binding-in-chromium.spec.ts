import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { DeviceBoundChromium } from "../support/device-bound-chromium.js";
import { openHttpsDemo, type HttpsDemo } from "./https-demo.js";
import { Visitor } from "./visitor.js";

const PROOF_SECONDS = 300;

describe("The demo over https in a Chromium that binds sessions", function () {
  this.timeout(60_000);
  let chromium: DeviceBoundChromium;
  let demo: HttpsDemo;
  let clock: Clock;

  before(async () => {
    chromium = await DeviceBoundChromium.prepare();
    demo = await openHttpsDemo("memory");
  });
  after(async () => {
    await chromium?.close();
    await demo?.close();
  });
  beforeEach(() => {
    clock = new Clock();
  });
  afterEach(() => clock.restore());

  it("shuts the thief out when the copied proof is over, and lets the owner go on", async () => {
    const origin = `https://localhost:${await chromium.serve(demo.app)}`;
    const device = await chromium.start("ada", { hasQuota: true });
    const ada = new Visitor(device.page, `${origin}/memory/day/`);
    await ada.visit();
    await ada.logIn("Ada");
    await device.event("creation", origin);
    await ada.press("Count");
    expect(await ada.fact("Your browser", "Bound to the key")).to.match(/^ES256 .{6}…/);
    expect(await ada.fact("Your browser", "The proof counts for")).to.match(/\d+ seconds/);

    clock.pass(10);
    await ada.press("Be the thief");
    const thief = ada.page.locator("#thief .lesson");
    expect(await thief.textContent()).to.include("“Hello, Ada”, 1 click.");

    clock.pass(PROOF_SECONDS);
    // The clock of Chromium goes on as ever: there, the cookie with the proof has not run out.
    await device.forget("__Host-memory-day-proof", origin);
    await ada.press("Look again as the thief");
    expect(await thief.textContent()).to.include("“Log in”, 0 clicks.");
    expect(await thief.textContent()).to.include("The thief is shut out: unproven.");
    expect(await ada.heading.textContent()).to.equal("Hello, Ada");
    expect(await ada.events()).to.include("proved");
  });
});
