import { expect } from "chai";
import type { Session } from "../../lib/index.js";
import { Clock } from "../support/clock.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import { ExternalSite } from "../support/external-site.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * destroy() and regenerate() have happened when they resolve, so that a handler may tell its visitor
 * so, and so that nothing that another request does later can undo it.
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

    /** The error codes of the responses so far. */
    const codes = () => site.app.errors.map((error) => (error as { code?: string }).code ?? error);

    describe("destroy()", () => {
      it("has ended the session when it resolves", async () => {
        site.routes["/logout"] = async ({ session }) => {
          await session.destroy();
          expect(await site.behind(site.oldId)).to.deep.equal({});
          expect(site.log.types).to.deep.equal(["destroyed"]);
        };
        await site.browser.get("/logout");
        expect(codes()).to.deep.equal([]);
        expect(site.log.types).to.deep.equal(["destroyed"]);
      });

      it("ends a session that another request has moved, even after a regenerate() that found it moved", async () => {
        site.routes["/logout"] = async ({ session }) => {
          void session.data;
          await site.browser.get("/login");
          await session.regenerate();
          await session.destroy();
          expect(await site.behind(site.newId)).to.deep.equal({});
        };
        await site.late("/logout");
        expect(codes()).to.deep.equal([]);
        expect(site.log.types.slice(-2)).to.deep.equal(["gone", "destroyed"]);
      });

      for (const moves of [1, 2, 3]) {
        it(`ends a session that other requests have moved meanwhile (moves: ${moves})`, async () => {
          site.routes["/logout"] = async ({ session }) => {
            void session.data;
            for (let move = 1; move <= moves; move++) await site.browser.get("/login");
            site.log.clear();
            await session.destroy();
            expect(await site.behind(site.newId)).to.deep.equal({});
          };
          const response = await site.late("/logout");
          expect(codes()).to.deep.equal([]);
          expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
          expect(site.log.types).to.deep.equal(["destroyed"]);
          expect((await site.texts()).join()).to.not.include("ada");
        });

        it(`ends a session that had moved before the request arrived (moves: ${moves})`, async () => {
          for (let move = 1; move <= moves; move++) await site.browser.get("/login");
          site.log.clear();
          const response = await site.late("/logout");
          expect(response.status).to.equal(200);
          expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
          expect(site.log.types.filter((type) => type !== "gone")).to.deep.equal(["destroyed"]);
          expect(await site.behind(site.newId)).to.deep.equal({});
        });
      }

      it("ends the session at every moment of a regenerate() that runs at the same time", async () => {
        for (let turns = 0; turns < 12; turns++) {
          await backend.clear();
          await site.begin();
          const login = site.browser.get("/login");
          for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
          expect((await site.late("/logout")).status).to.equal(200);
          await login;
          const how = `destroy() begins ${turns} turns after regenerate()`;
          expect(await site.behind(site.newId), how).to.deep.equal({});
          expect(await site.behind(site.oldId), how).to.deep.equal({});
          expect((await site.texts()).join(), how).to.not.include("visits");
        }
        // A log-in that comes too late to move the session is an error.
        for (const code of codes()) expect(code).to.equal("ERR_SESSION_CONFLICT");
      });

      it("rejects while the backend is down, and leaves the session and the cookie as they were", async () => {
        site.routes["/logout"] = async ({ session }) => {
          session.data.note = "pending";
          await backend.fail();
          await session.destroy();
        };
        const response = await site.browser.get("/logout");
        await backend.recover();
        expect(response.status).to.equal(500);
        expect(codes()).to.deep.equal(["ERR_SESSION_STORE"]);
        expect(setCookies(response)).to.deep.equal([]);
        expect(site.log.events).to.deep.equal([
          { type: "store-failed", code: "ERR_SESSION_STORE" },
        ]);
        expect(await site.behind(site.oldId)).to.deep.equal({ visits: 1 });
      });

      it("restores the data for a handler that catches the error", async () => {
        site.routes["/logout"] = async ({ session }) => {
          await backend.fail();
          const failure = await session.destroy().catch((error: unknown) => error);
          return [(failure as { code?: string }).code, session.data, session.isFresh];
        };
        const response = await site.browser.get("/logout");
        await backend.recover();
        expect(await response.json()).to.deep.equal(["ERR_SESSION_STORE", { visits: 1 }, false]);
        expect(setCookies(response)).to.deep.equal([]);
        expect(await site.behind(site.oldId)).to.deep.equal({ visits: 1 });
      });
    });

    describe("regenerate()", () => {
      it("has moved the stored data when it resolves, and the response saves later changes", async () => {
        site.routes["/login"] = async ({ session }) => {
          await session.regenerate();
          expect(await site.behind(site.oldId)).to.deep.equal({});
          const moved = (await site.texts()).filter((text) => text.endsWith('{"visits":1}'));
          expect(moved).to.have.length(1);
          expect(site.log.types).to.deep.equal(["regenerated"]);
          session.data.user = "ada";
        };
        const response = await site.browser.get("/login");
        expect(codes()).to.deep.equal([]);
        expect(setCookies(response)).to.have.length(1);
        expect(site.log.types).to.deep.equal(["regenerated", "saved"]);
        expect(await site.behind(site.newId)).to.deep.equal({ visits: 1, user: "ada" });
      });

      const failures: Record<string, (session: Session) => unknown> = {
        "answers 503": () => new Response(null, { status: 503 }),
        throws: () => Promise.reject(new Error("after regenerate()")),
        "leaves too much data": ({ data }) => void (data.much = "x".repeat(70_000)),
      };
      for (const [failure, fail] of Object.entries(failures)) {
        it(`gives the client its new cookie even if the handler ${failure}`, async () => {
          site.routes["/login"] = async ({ session }) => {
            await session.regenerate();
            session.data.user = "ada";
            return fail(session);
          };
          const response = await site.browser.get("/login");
          expect(response.status).to.be.at.least(500);
          expect(site.newId).to.not.equal(site.oldId);
          expect(await site.behind(site.newId)).to.deep.equal({ visits: 1 });
          expect(await site.behind(site.oldId)).to.deep.equal({});
        });
      }

      it("can be called twice in one request, which sets one cookie", async () => {
        site.routes["/login"] = async ({ session }) => {
          await session.regenerate();
          session.data.user = "ada";
          await session.regenerate();
          session.data.role = "admin";
        };
        const response = await site.browser.get("/login");
        expect(codes()).to.deep.equal([]);
        expect(setCookies(response)).to.have.length(1);
        const data = { visits: 1, user: "ada", role: "admin" };
        expect(await site.behind(site.newId)).to.deep.equal(data);
        expect(site.log.types).to.deep.equal(["regenerated", "regenerated", "saved"]);
        expect((await site.texts()).filter((text) => text.includes("{"))).to.have.length(1);
      });

      /** What another request does while the handler holds a change of its own. */
      const rivals: Record<string, { path: string; outcome: string; status: number }> = {
        "renewed the session": { path: "/renew", outcome: "succeeds", status: 200 },
        "changed the data": { path: "/visit", outcome: "moves nothing and rejects", status: 500 },
        "set the lifetime": { path: "/short", outcome: "moves nothing and rejects", status: 500 },
        "ended the session": { path: "/logout", outcome: "moves nothing and rejects", status: 500 },
      };
      for (const [rival, { path, outcome, status }] of Object.entries(rivals)) {
        it(`${outcome} if the handler has changed the data and another request has ${rival}`, async () => {
          site.routes["/renew"] = ({ session }) => session.data;
          site.routes["/short"] = ({ session }) => void (session.lifetime = 1000);
          site.routes["/login"] = async ({ session }) => {
            session.data.user = "ada";
            clock.pass(20_000);
            expect((await site.late(path)).status).to.equal(200);
            site.log.clear();
            await session.regenerate();
          };
          const response = await site.browser.get("/login");
          expect(response.status).to.equal(status);
          if (status === 200) {
            expect(await site.behind(site.newId)).to.deep.equal({ visits: 1, user: "ada" });
            expect(site.log.types).to.deep.equal(["regenerated", "saved"]);
          } else {
            expect(codes()).to.deep.equal(["ERR_SESSION_CONFLICT"]);
            expect(setCookies(response)).to.deep.equal([]);
            expect(site.log.types).to.deep.equal([path === "/logout" ? "gone" : "store-failed"]);
            expect(await backend.records()).to.have.property("size", 1);
            expect((await site.texts()).join()).to.not.include("ada");
          }
        });
      }
    });
  });
}
