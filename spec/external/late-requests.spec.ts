import { expect } from "chai";
import { Clock } from "../support/clock.js";
import { Deferred } from "../support/deferred.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import { ExternalSite } from "../support/external-site.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * A browser that sends several requests at once sends the old ID with all of them, although one of
 * them logs in. None of the others may throw the new session out of the browser.
 */
for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name},`, () => {
    let clock: Clock;
    let backend: ExternalBackend;
    let site: ExternalSite;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      clock = new Clock();
      site = await ExternalSite.over(backend);
    });
    afterEach(async () => {
      clock.restore();
      await backend.closeStores();
    });

    describe("a request with the old ID that arrives after a log-in", () => {
      async function logIn(): Promise<void> {
        await site.browser.get("/login");
        site.log.clear();
      }

      for (const path of ["/visit", "/update", "/lifetime"]) {
        it(`changes nothing and sets no cookie within ten seconds: ${path}`, async () => {
          await logIn();
          site.routes["/update"] = ({ session }) => session.update((data) => void (data.n = 1));
          site.routes["/lifetime"] = ({ session }) => void (session.lifetime = 1000);
          const before = await backend.records();
          for (const seconds of [0, 9]) {
            clock.pass(seconds);
            const response = await site.late(path);
            expect(response.status).to.equal(200);
            expect(setCookies(response)).to.deep.equal([]);
            expect(await backend.records()).to.deep.equal(before);
          }
          expect(site.log.types).to.deep.equal(["gone", "gone"]);
        });
      }

      it("gets default data, and is fresh", async () => {
        await logIn();
        site.routes["/"] = ({ session: { data, isFresh } }) => [data, isFresh];
        expect(await (await site.late("/")).json()).to.deep.equal([{}, true]);
        expect(site.log.types).to.deep.equal(["gone"]);
      });

      it("may begin a session after ten seconds", async () => {
        await logIn();
        clock.pass(11);
        const [cookie] = setCookies(await site.late("/visit"));
        expect(await site.behind(cookie!.value)).to.deep.equal({ visits: 1 });
        expect(site.log.events).to.deep.equal([
          { type: "fresh", reason: "unknown" },
          { type: "saved" },
        ]);
      });

      it("begins a session if it logs in itself, even within ten seconds", async () => {
        await logIn();
        const [cookie] = setCookies(await site.late("/login"));
        expect(await site.behind(cookie!.value)).to.deep.equal({ user: "ada" });
        expect(await site.behind(site.newId)).to.deep.equal({ visits: 1, user: "ada" });
      });

      for (const seconds of [0, 9, 11, 55]) {
        it(`ends the session if it logs out after ${seconds} seconds`, async () => {
          await logIn();
          clock.pass(seconds);
          const response = await site.late("/logout");
          expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
          expect(site.log.types).to.include("destroyed");
          expect(await site.behind(site.newId)).to.deep.equal({});
        });
      }

      it("cannot end the session after a minute, even if the backend still has the tombstone", async () => {
        await logIn();
        clock.pass(180); // the clocks of two servers may differ by a minute
        await site.late("/logout");
        expect(site.log.types).to.not.include("destroyed");
        expect(await site.behind(site.newId)).to.deep.equal({ visits: 1, user: "ada" });
      });

      it("finds a tombstone that lives for a minute and names the hash of the new ID, but no ID", async () => {
        const [oldKey] = [...(await backend.records()).keys()];
        await logIn();
        const records = await backend.records();
        expect(records.size).to.equal(2);
        const newKey = [...records.keys()].find((key) => key !== oldKey)!;
        const hash = newKey.slice("session:".length);
        expect(records.get(oldKey!)).to.equal(`1.${clock.now}.0.${hash}`);
        expect(await backend.timeToLive(oldKey!)).to.be.within(55, 60);
        const stored = [...records].flat().join();
        expect(stored).to.not.include(site.oldId).and.not.include(site.newId);
      });

      it("may begin a session at once if the session has been ended, not moved", async () => {
        await site.browser.get("/logout");
        expect(await site.texts()).to.deep.equal([`1.${clock.now}.0.`]);
        site.log.clear();
        const [cookie] = setCookies(await site.late("/visit"));
        expect(await site.behind(cookie!.value)).to.deep.equal({ visits: 1 });
        expect(site.log.events).to.deep.equal([
          { type: "fresh", reason: "unknown" },
          { type: "saved" },
        ]);
      });
    });

    describe("a double click on the log-in button", () => {
      for (const order of ["before", "after"]) {
        it(`logs in, and both requests succeed, if they set the user ${order} regenerate()`, async () => {
          const arrived = [new Deferred(), new Deferred()];
          const bothArrived = Promise.all(arrived.map(({ promise }) => promise));
          site.routes["/login"] = async ({ session, url }) => {
            arrived[Number(url.search.slice(1))]!.resolve();
            await bothArrived;
            if (order === "before") session.data.user = "ada";
            await session.regenerate();
            if (order === "after") session.data.user = "ada";
          };
          const clicks = await Promise.all([
            site.browser.get("/login?0"),
            site.browser.get("/login?1"),
          ]);
          expect(site.app.errors).to.deep.equal([]);
          expect(clicks.map(({ status }) => status)).to.deep.equal([200, 200]);
          expect(await site.behind(site.newId)).to.include({ user: "ada" });
          expect(await site.behind(site.oldId)).to.deep.equal({});
          // The slower request finds that the session has moved: its visitor is a fresh one.
          expect(site.log.types).to.include.members(["regenerated", "gone"]);
          expect(site.log.types.filter((type) => type === "regenerated")).to.have.length(1);
        });
      }
    });
  });
}
