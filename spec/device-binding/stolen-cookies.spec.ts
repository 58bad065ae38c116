import { expect } from "chai";
import { BindingBrowser } from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { setCookies } from "../support/set-cookie.js";
import { Clock } from "../support/clock.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import {
  BoundSite,
  GRACE_SECONDS,
  PROOF_SECONDS,
  proofIn,
  refreshHeaders,
  send,
  viewOf,
} from "../support/bound-site.js";

const BOUND = { user: "ada", isDeviceBound: true };
const STRANGER = { isDeviceBound: false };

/*
 * Malware that copies both cookies from a browser, and sends them from another machine.
 */
for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name}, cookies copied from a bound session`, () => {
    let clock: Clock;
    let backend: ExternalBackend;
    let site: BoundSite;
    let owner: BindingBrowser;
    let thief: Browser;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      clock = new Clock();
      await backend.clear();
      site = new BoundSite(backend.open());
      owner = await site.owner();
      thief = site.thiefOf(owner);
    });
    afterEach(async () => {
      clock.restore();
      await backend.closeStores();
      expect(site.app.errors).to.deep.equal([]);
    });

    function outliveTheProof(): void {
      clock.pass(PROOF_SECONDS);
      site.log.clear();
    }

    it("log the thief in until the last second of the proof, and not in the next one", async () => {
      expect(await viewOf(thief)).to.deep.equal(BOUND);
      clock.pass(PROOF_SECONDS - 1);
      expect(await viewOf(thief)).to.deep.equal(BOUND);
      clock.pass(1);
      expect(await viewOf(thief)).to.deep.equal(STRANGER);
    });

    it("are worth nothing again, however often the owner refreshes, who notices nothing", async () => {
      const passing = [PROOF_SECONDS, 1, PROOF_SECONDS - 20, PROOF_SECONDS, 3600];
      for (const [round, seconds] of passing.entries()) {
        clock.pass(seconds);
        await owner.post(`/save?round=${round}`);
        expect(await viewOf(owner)).to.deep.equal({ ...BOUND, saved: `?round=${round}` });
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
      }
      const ownersOwn = site.log.types.filter((type) => type !== "fresh");
      const withProof = ["proved", "saved"];
      const expected = [withProof, ["saved"], withProof, withProof, withProof].flat();
      expect(ownersOwn).to.deep.equal(expected);
    });

    it("are worth nothing from the start without the proof, once the ten seconds of grace are over", async () => {
      const halfThief = site.thiefOf(owner, ["session"]);
      clock.pass(GRACE_SECONDS - 1);
      expect(await viewOf(halfThief)).to.deep.equal(BOUND);
      clock.pass(1);
      expect(await viewOf(halfThief)).to.deep.equal(STRANGER);
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    });

    for (const path of ["/save", "/update", "/lifetime", "/nothing", "/"]) {
      it(`change nothing and bring no cookie without a proof: ${path}`, async () => {
        outliveTheProof();
        const before = await backend.records();
        const response = await thief.post(path);
        expect(response.status).to.equal(200);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(response.headers.has("secure-session-registration")).to.equal(false);
        expect(await backend.records()).to.deep.equal(before);
        expect(site.log.events).to.deep.equal([{ type: "fresh", reason: "unproven" }]);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      });
    }

    // Where it is the visitor, whose browser could not renew its proof, he must not be logged in again.
    it("end nothing without a proof by destroy(): only the thief loses his copy", async () => {
      outliveTheProof();
      const before = await backend.records();
      const [cookie, ...others] = setCookies(await thief.post("/logout"));
      expect(others).to.deep.equal([]);
      expect(cookie).to.include({ name: "session", value: "" });
      expect(cookie!.attributes).to.include({ "max-age": "0" });
      expect(await backend.records()).to.deep.equal(before);
      expect(site.log.events).to.deep.equal([{ type: "fresh", reason: "unproven" }]);
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    });

    it("end nothing either by a destroy() that waits for a write of the owner", async () => {
      outliveTheProof();
      expect(await viewOf(owner)).to.deep.equal(BOUND);
      const [reached, gate] = [new Deferred(), new Deferred()];
      const hooks = site.store as unknown as { update(...args: unknown[]): unknown };
      const update = hooks.update.bind(site.store);
      hooks.update = async (...args) => {
        reached.resolve();
        await gate.promise;
        return update(...args);
      };
      const saving = owner.post("/save?x");
      await reached.promise;
      const ending = thief.post("/logout");
      await new Promise((resolve) => setTimeout(resolve, 50));
      gate.resolve();
      await Promise.all([saving, ending]);
      expect(await viewOf(owner)).to.deep.equal({ ...BOUND, saved: "?x" });
    });

    it("can leave a message after destroy(), in a session of its own", async () => {
      outliveTheProof();
      site.routes["/bye"] = async ({ session }) => {
        await session.destroy();
        session.data.message = "bye";
      };
      await thief.post("/bye");
      expect(await viewOf(thief)).to.deep.equal({ message: "bye", isDeviceBound: false });
    });

    it("begin nothing either if a value that is none comes first", async () => {
      const id = thief.cookie("session");
      clock.pass(PROOF_SECONDS);
      const before = await backend.records();
      site.log.clear();
      const unknown = "A".repeat(43);
      for (const first of ["x", unknown]) {
        for (const cookie of [
          `session=${first}; session=${id}`,
          `session=${id}; session=${first}`,
        ]) {
          const response = await thief.post("/save", { cookie });
          expect(response.headers.getSetCookie(), cookie).to.deep.equal([]);
        }
      }
      expect(await backend.records()).to.deep.equal(before);
      const unproven = { type: "fresh", reason: "unproven" };
      expect(site.log.events).to.deep.equal([unproven, unproven, unproven, unproven]);
    });

    it("do not end the session either if they are sent beside others", async () => {
      const id = thief.cookie("session");
      const other = new Browser(site.app);
      await other.post("/save");
      clock.pass(PROOF_SECONDS);
      site.log.clear();
      const own = other.cookie("session");
      for (const cookie of [`session=${own}; session=${id}`, `session=x; session=${id}`]) {
        const response = await thief.post("/logout", { cookie });
        expect(response.status).to.equal(200);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      }
      const logout = `session=${id}; session=${own}`;
      await other.post("/logout", { cookie: logout });
      expect(await viewOf(owner)).to.deep.equal(BOUND);
      expect([...(await backend.records()).keys()], "a record and a tombstone").to.have.length(2);
    });

    it("see default data, and what a handler sets lasts for the request only", async () => {
      outliveTheProof();
      site.routes["/look"] = async ({ session }) => {
        session.data.cart = 1;
        await session.update((data) => void (data.credits = 5));
        const { data, isFresh, isDeviceBound, id, created, expires } = session;
        return { data, isFresh, isDeviceBound, known: [id, created, expires].filter(Boolean) };
      };
      const seen = await (await thief.get("/look")).json();
      const data = { cart: 1, credits: 5 };
      expect(seen).to.deep.equal({ data, isFresh: true, isDeviceBound: false, known: [] });
      expect(await viewOf(thief)).to.deep.equal(STRANGER);
    });

    it("do not renew the session without a proof", async () => {
      outliveTheProof();
      clock.pass(40_000 - PROOF_SECONDS);
      const before = await backend.records();
      await thief.get("/");
      expect(await backend.records()).to.deep.equal(before);
      await owner.get("/");
      expect(await backend.records()).to.not.deep.equal(before);
    });

    it("begin another session by regenerate(), and leave the bound one as it is", async () => {
      outliveTheProof();
      const id = owner.cookie("session");
      await thief.post("/login");
      expect(site.log.types).to.deep.equal(["fresh", "saved", "binding-offered"]);
      expect(thief.cookie("session")).to.not.equal(id);
      expect(await viewOf(thief)).to.deep.equal({ user: "ada", isDeviceBound: false });
      expect(owner.cookie("session")).to.equal(id);
      expect(await viewOf(owner)).to.deep.equal(BOUND);
      await thief.post("/logout");
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    });

    it("let a browser that has lost its key log in again and bind the new session", async () => {
      clock.pass(PROOF_SECONDS);
      const anew = new BindingBrowser(site.app, { jar: owner.jar });
      expect(await viewOf(anew)).to.deep.equal(STRANGER);
      await anew.post("/login");
      expect(await viewOf(anew)).to.deep.equal(BOUND);
      clock.pass(PROOF_SECONDS * 2);
      expect(await viewOf(anew)).to.deep.equal(BOUND);
    });

    it("get nothing from regenerate() followed by destroy(), or the other way round", async () => {
      outliveTheProof();
      site.routes["/both"] = async ({ session }) => {
        await session.regenerate();
        await session.destroy();
      };
      site.routes["/reverse"] = async ({ session }) => {
        await session.destroy();
        await session.regenerate();
        session.data.user = "eve";
      };
      const before = await backend.records();
      await thief.post("/both");
      expect(await backend.records()).to.deep.equal(before);
      await thief.post("/reverse");
      expect(await viewOf(thief)).to.deep.equal({ user: "eve", isDeviceBound: false });
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    });

    describe("while the proof lasts", () => {
      it("bring no new proof and no offer by regenerate(), however often", async () => {
        for (let call = 0; call < 5; call++) {
          const response = await thief.post("/regenerate");
          expect(response.headers.has("secure-session-registration")).to.equal(false);
          expect(proofIn(response)).to.equal(undefined);
          clock.pass(PROOF_SECONDS / 6);
        }
        expect(site.log.types).to.deep.equal(Array(5).fill("regenerated"));
        clock.pass(PROOF_SECONDS / 6);
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
      });

      it("bind no device of the thief's: not by a log-in, nor by an old offer", async () => {
        const eve = new BindingBrowser(site.app, { jar: thief.jar });
        await eve.post("/login");
        expect(eve.offer).to.equal(undefined);
        eve.offer = owner.offer;
        expect((await eve.register()).status).to.equal(403);
        expect(eve.device).to.equal(undefined);
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(eve)).to.deep.equal(STRANGER);
      });

      it("make the moved session one that still needs the owner's key", async () => {
        await thief.post("/regenerate");
        clock.pass(PROOF_SECONDS);
        site.log.clear();
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
        const { session_identifier: id } = owner.instructions!;
        expect((await send(thief, refreshHeaders(id))).status).to.equal(403);
        expect(site.log.events).to.deep.equal([{ type: "fresh", reason: "unproven" }]);
      });
    });

    describe("when the owner's session has moved since", () => {
      /** Leaves the thief with a proof that has ended, and the ID that the session had until now. */
      async function moveAway(): Promise<void> {
        clock.pass(PROOF_SECONDS);
        await owner.post("/regenerate");
        expect(await viewOf(owner)).to.deep.equal(BOUND);
        site.log.clear();
      }

      for (const seconds of [0, 15]) {
        it(`do not end it under its new ID, ${seconds} seconds later`, async () => {
          const id = thief.cookie("session");
          await moveAway();
          clock.pass(seconds);
          await thief.post("/logout", { cookie: `session=${id}` });
          expect(await viewOf(owner)).to.deep.equal(BOUND);
        });
      }

      it("read nothing of it", async () => {
        const id = thief.cookie("session");
        await moveAway();
        const response = await thief.get("/", { cookie: `session=${id}` });
        expect(await response.json()).to.deep.equal(STRANGER);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
      });
    });
  });
}
