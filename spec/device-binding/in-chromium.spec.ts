import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import { Deferred } from "../support/deferred.js";
import { DeviceBoundChromium, type Device } from "../support/device-bound-chromium.js";
import { DeviceBoundSite, DeviceBoundVisitor } from "../support/device-bound-visitor.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import { waitUntil } from "../support/wait-until.js";

const PROOF_SECONDS = 10;
const BOUND = "ada, bound";

interface Setting {
  /** Whether the site has two sessions. */
  readonly hasStaff?: boolean;
  /** Names a browser of its own. */
  readonly profile?: string;
}

type Flow = (visitor: DeviceBoundVisitor, untilProofEnds: () => Promise<void>) => Promise<void>;

/*
 * A real browser keeps the keys, and real seconds pass. All flows log in at once and wait together for
 * the end of their proofs. Then they go on, one after the other.
 */
describe("Device-bound sessions in Chromium", function () {
  this.timeout(120_000);
  let chromium: DeviceBoundChromium;
  let owners: Device;
  let thieves: Device;
  const backends: Record<string, ExternalBackend> = {};
  const beginnings: (() => Promise<void>)[] = [];

  before(async () => {
    chromium = await DeviceBoundChromium.prepare();
    [owners, thieves] = await Promise.all([chromium.start("owners"), chromium.start("thieves")]);
    for (const [name, start] of Object.entries(BACKENDS)) backends[name] = await start();
    await Promise.all(beginnings.map((begin) => begin()));
    await sleep(PROOF_SECONDS * 1000);
  });
  after(async () => {
    await chromium?.close();
    for (const backend of Object.values(backends)) await backend.stop();
  });

  async function visitorOf(
    backend: string,
    hasStaff: boolean,
    device: Device,
  ): Promise<DeviceBoundVisitor> {
    const host = `site${++hosts}.example.com`;
    const store = backends[backend]!.open({ prefix: `${host}:`, owner: ({ user }) => user });
    const options = { store, proofSeconds: PROOF_SECONDS, hasStaff };
    const site = await DeviceBoundSite.serve(chromium, host, options);
    return DeviceBoundVisitor.open(device, site);
  }
  let hosts = 0;

  /** Specs that begin before all others, and wait with them for the end of their proofs. */
  function flowsOver(name: string): (title: string, act: Flow, setting?: Setting) => void {
    return (title, act, { hasStaff = false, profile } = {}) => {
      const waits = new Deferred();
      const goesOn = new Deferred();
      let end: Promise<void>;
      const run = async (): Promise<void> => {
        const visitor = await visitorOf(
          name,
          hasStaff,
          profile === undefined ? owners : await chromium.start(profile),
        );
        await act(visitor, async () => {
          waits.resolve();
          await goesOn.promise;
          visitor.clear();
        });
        expect(visitor.site.errors).to.deep.equal([]);
      };
      beginnings.push(async () => {
        end = run();
        await Promise.race([waits.promise, end.catch(() => {})]);
      });
      it(title, () => {
        goesOn.resolve();
        return end;
      });
    };
  }

  for (const name of Object.keys(BACKENDS)) {
    describe(`over ${name}`, () => {
      const flow = flowsOver(name);

      flow("a page waits until the proof is renewed", async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.logIn();
        expect(site.log.types).to.include.members(["saved", "binding-offered", "bound"]);
        await untilProofEnds();
        expect(await visitor.cookie("session-proof")).to.equal(undefined);
        expect(await visitor.visit()).to.equal(BOUND);
        expect(site.shown).to.deep.equal([BOUND]);
        expect(site.kinds).to.deep.equal(["proved"]);
        const { refreshEventDetails } = await visitor.event("refresh");
        expect(refreshEventDetails).to.include({
          refreshResult: "Refreshed",
          wasFullyProactiveRefresh: false,
        });
      });

      flow("copied cookies are soon worth nothing", async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.logIn();
        await waitUntil("the proof", async () => (await visitor.cookies()).length === 2);
        const thief = await DeviceBoundVisitor.open(thieves, site);
        // The thief keeps the cookies for as long as he likes.
        const copies = (await visitor.cookies()).map((one) => ({ ...one, expires: -1 }));
        expect(copies.map((one) => one.name)).to.have.members(["session", "session-proof"]);
        await thieves.context.addCookies(copies);
        expect(await thief.visit()).to.equal(BOUND);

        await untilProofEnds();
        expect(await thief.visit()).to.equal("guest");
        expect(await visitor.visit()).to.equal(BOUND);
        expect(await thief.visit()).to.equal("guest");
        await thief.press("/regenerate");
        expect(await thief.view()).to.equal("guest");
        await thief.page.goto(site.otherSite);
        await thief.page.getByRole("link", { name: "link" }).click();
        expect(await thief.view(), "the page does not load itself for ever").to.equal("guest");
        await visitor.forgetProof();
        expect(await visitor.visit()).to.equal(BOUND);
        const ownPages = site.shown.filter((view) => view === BOUND);
        expect(ownPages, "the owner was never a guest").to.have.length(2);
        const copied = await thief.cookie("session");
        expect(copied, "nobody cleared it").to.equal(await visitor.cookie("session"));
        await thief.press("/logout");
        expect(await thief.cookie("session"), "his copy is gone").to.equal(undefined);
        expect(await visitor.visit()).to.equal(BOUND);
        expect(thieves.events(site.origin), "a thief's browser has no key").to.deep.equal([]);
      });

      flow("regenerate() keeps the key", async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.logIn();
        const id = await visitor.cookie("session");
        await visitor.press("/regenerate");
        expect(await visitor.view()).to.equal(BOUND);
        expect(await visitor.cookie("session")).to.not.equal(id);
        expect(site.log.types.filter((type) => type === "binding-offered")).to.have.length(1);
        await untilProofEnds();
        expect(await visitor.visit()).to.equal(BOUND);
        // A refresh may have met the move. Chromium sends its answer again, which is too old by now.
        expect(site.bindingEvents).to.include("proved").and.not.include("binding-offered");
      });

      flow("a log-out ends the key, and the next log-in makes another", async (visitor, wait) => {
        const { site } = visitor;
        await visitor.logIn();
        await visitor.press("/logout");
        expect(await visitor.view()).to.equal("guest");
        const ended = await visitor.event("termination");
        site.clear();
        await visitor.logIn();
        expect(site.bindingEvents).to.include.members(["binding-offered", "bound"]);
        await wait();
        expect(await visitor.visit()).to.equal(BOUND);
        const { sessionId, refreshEventDetails } = await visitor.event("refresh");
        expect(sessionId).to.not.equal(ended.sessionId);
        expect(refreshEventDetails).to.include({ refreshResult: "Refreshed" });
        expect(site.kinds).to.deep.equal(["proved"]);
      });

      flow("the key of an ended session does not harm the next one", async (visitor, wait) => {
        const { site } = visitor;
        await visitor.logIn();
        site.clear();
        await visitor.press("/switch");
        await visitor.isBound();
        await wait();
        // Chromium asks for the sessions in the order of their identifiers, which are random.
        expect(await visitor.visit()).to.equal(BOUND);
        expect(site.shown).to.deep.equal([BOUND]);
      });

      flow("another browser can end the session of this one", async (visitor, wait) => {
        const { site } = visitor;
        await visitor.logIn();
        await wait();
        expect(await visitor.visit()).to.equal(BOUND);
        expect(await site.store.endSessionsOf("ada")).to.equal(1);
        expect(await visitor.visit()).to.equal("guest");
        await visitor.event("termination");
        expect(await visitor.visit()).to.equal("guest");
        // The visitor can log in again.
        visitor.clear();
        await visitor.logIn();
        await visitor.forgetProof();
        expect(await visitor.visit()).to.equal(BOUND);
      });

      // The last one, because the stores of all flows fail.
      flow("a store that is down during a refresh logs nobody out", async (visitor, wait) => {
        const { site } = visitor;
        await visitor.logIn();
        await wait();
        await backends[name]!.fail();
        const response = await visitor.page.goto(site.origin);
        expect(response!.status()).to.equal(500);
        expect(site.kinds).to.deep.equal(["store-failed"]);
        expect(site.errors.splice(0)).to.have.length(1);
        const { refreshEventDetails } = await visitor.event("refresh");
        expect(refreshEventDetails).to.include({ refreshResult: "ServerError" });

        await backends[name]!.recover();
        await waitUntil("the store", () => site.store.ping().then(() => true));
        expect(await visitor.visit()).to.equal(BOUND);
      });
    });
  }

  describe("over any store", () => {
    const flow = flowsOver("memory");

    flow("a page does not wait while the proof lasts", async (visitor, untilProofEnds) => {
      const { site } = visitor;
      await visitor.logIn();
      await untilProofEnds();
      expect(await visitor.visit()).to.equal(BOUND);
      const proof = await visitor.cookie("session-proof");
      await sleep(1000); // Two proofs of one second are the same.
      visitor.clear();
      expect(await visitor.visit()).to.equal(BOUND);
      // With less than two minutes left, any request renews the proof.
      const { refreshEventDetails } = await visitor.event("refresh");
      expect(refreshEventDetails).to.include({
        refreshResult: "Refreshed",
        wasFullyProactiveRefresh: true,
      });
      expect(await visitor.cookie("session-proof")).to.not.equal(proof);
      expect(site.kinds).to.deep.equal(["proved"]);
    });

    flow("fetch() and an image at once wait for one refresh", async (visitor, untilProofEnds) => {
      const { site } = visitor;
      await visitor.logIn();
      await untilProofEnds();
      await visitor.page.evaluate(() => {
        const image = new Promise((resolve) => {
          const element = document.createElement("img");
          element.addEventListener("error", resolve); // The answer is a page.
          element.src = "/image";
        });
        return Promise.all([fetch("/"), image, fetch("/", { method: "POST", body: "x" })]);
      });
      expect(site.shown).to.deep.equal([BOUND, BOUND, BOUND]);
      expect(site.kinds).to.deep.equal(["proved"]);
      expect(visitor.waitedFor).to.have.length(1);
    });

    flow("two tabs wait for one refresh", async (visitor, untilProofEnds) => {
      await visitor.logIn();
      const other = await visitor.openTab();
      await untilProofEnds();
      const views = await Promise.all([visitor.visit(), other.visit()]);
      expect(views).to.deep.equal([BOUND, BOUND]);
      expect(visitor.waitedFor).to.have.length(1);
    });

    flow(
      "a restart of the browser keeps the key",
      async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.logIn();
        await waitUntil("the proof", async () => (await visitor.cookies()).length === 2);
        await visitor.device.close();
        await untilProofEnds();
        const again = await DeviceBoundVisitor.open(await chromium.start("restarted"), site);
        expect(await again.visit()).to.equal(BOUND);
        expect(site.shown).to.deep.equal([BOUND]);
        expect(site.kinds).to.deep.equal(["proved"]);
      },
      { profile: "restarted" },
    );

    for (const [title, begin] of Object.entries({
      "a link": (visitor) => visitor.page.getByRole("link", { name: "log in" }).click(),
      "a form": (visitor) => visitor.press("/callback"),
    } satisfies Record<string, (visitor: DeviceBoundVisitor) => Promise<void>>)) {
      // Chromium registers its key without any cookie then.
      flow(`${title} of another site logs in and binds`, async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.page.goto(site.otherSite);
        await begin(visitor);
        await visitor.isBound();
        await untilProofEnds();
        expect(await visitor.visit()).to.equal(BOUND);
        expect(site.kinds).to.deep.equal(["proved"]);
      });
    }

    for (const [title, from] of Object.entries({
      "another site": ({ otherSite }) => otherSite,
      "another subdomain": ({ otherSubdomain }) => otherSubdomain,
    } satisfies Record<string, (site: DeviceBoundSite) => string>)) {
      flow(`a link of ${title} leads to the visitor's page`, async (visitor, untilProofEnds) => {
        const { page, site } = visitor;
        await visitor.logIn();
        await untilProofEnds();
        await page.goto(from(site));
        await page.getByRole("link", { name: "link" }).click();
        expect(await visitor.view()).to.equal(BOUND);
        expect(site.shown).to.deep.equal([BOUND]);
        expect(site.kinds).to.deep.equal(["proved"]);
        // The page that loads itself again is no step of the history.
        await page.goBack();
        expect(page.url()).to.equal(`${from(site)}/`);

        await visitor.forgetProof();
        const opened = visitor.device.context.waitForEvent("page");
        await page.getByRole("link", { name: "new tab" }).click();
        expect(await (await opened).locator("output").textContent()).to.equal(BOUND);
        expect(site.shown).to.deep.equal([BOUND, BOUND]);
      });
    }

    flow("a link of another site leads to a part of a page", async (visitor, untilProofEnds) => {
      const { page, site } = visitor;
      await visitor.logIn();
      await untilProofEnds();
      await page.goto(site.otherSite);
      await page.getByRole("link", { name: "part" }).click();
      expect(await visitor.view()).to.equal(BOUND);
      expect(page.url()).to.equal(`${site.origin}/#part`);
    });

    flow(
      "two nested sessions have a key each",
      async (visitor, untilProofEnds) => {
        const { site } = visitor;
        await visitor.logIn();
        const keys = (): number => site.log.types.filter((type) => type === "bound").length;
        await waitUntil("the second registration", () => keys() === 2);
        await untilProofEnds();
        expect(await visitor.visit()).to.equal(`${BOUND}; ${BOUND}`);
        expect(site.shown).to.deep.equal([`${BOUND}; ${BOUND}`]);
        expect(new Set(site.bindingEvents)).to.deep.equal(new Set(["proved"]));
        const renewed = visitor.waitedFor.map(({ sessionId }) => sessionId);
        expect(renewed).to.have.length(2);
        expect(new Set(renewed)).to.have.length(2);
      },
      { hasStaff: true },
    );
  });

  it("ten quick clicks do not use up Chromium's quota of signatures with 300 seconds", async () => {
    const store = backends["memory"]!.open({ prefix: "quota:" });
    const options = { store, proofSeconds: 300 };
    const site = await DeviceBoundSite.serve(chromium, "quota.example.com", options);
    const device = await chromium.start("quota", { hasQuota: true });
    const visitor = await DeviceBoundVisitor.open(device, site);
    await visitor.logIn();
    for (let click = 0; click < 10; click++) {
      await visitor.press("/");
      expect(await visitor.view()).to.equal(BOUND);
    }
    expect(visitor.refreshes).to.deep.equal([]);
    expect(site.bindingEvents).to.deep.equal(["binding-offered", "bound"]);
  });
});
