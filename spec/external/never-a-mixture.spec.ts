import { expect } from "chai";
import type { Session, SessionData } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { EventLog } from "../support/event-log.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";

/*
 * Mallory has a session without a second factor. In that browser, the victim logs in, and meanwhile
 * another request of the same session notes Mallory's second factor. Whatever the order: the session
 * is the victim's without the second factor, or Mallory's.
 */
const MALLORY = { userId: "mallory", mfa: false };
const VICTIM = { userId: "victim", mfa: false };

type Step = (session: Session) => unknown;

/** The steps of a log-in. */
const STEPS: Record<string, Step> = {
  "looks at the data": (session) => void session.data,
  "calls regenerate()": (session) => session.regenerate(),
  "sets userId": ({ data }) => void (data.userId = "victim"),
  "sets mfa": ({ data }) => void (data.mfa = false),
  "replaces the data": (session) => void (session.data = { ...VICTIM }),
};
const [LOOK, REGENERATE, USER, MFA, REPLACE] = Object.keys(STEPS) as [
  string,
  string,
  string,
  string,
  string,
];

const ORDERS: string[][] = [
  [REGENERATE, USER, MFA],
  [LOOK, REGENERATE, USER, MFA],
  [LOOK, REGENERATE, MFA, USER],
  [LOOK, USER, MFA, REGENERATE],
  [LOOK, MFA, USER, REGENERATE],
  [LOOK, USER, REGENERATE, MFA],
  [LOOK, REGENERATE, REPLACE],
  [LOOK, REPLACE, REGENERATE],
];

/** When the handler waits for regenerate(). */
const WAITS = ["at once", "at its end", "never"] as const;

for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name}, a log-in beside another request of the same session`, () => {
    let backend: ExternalBackend;
    let log: EventLog;
    let site: App;
    let browser: Browser;
    /** What the handler of `/login` does. */
    let login: (session: Session) => unknown;
    /** The request `/mfa` has loaded its session, and may write. */
    let loaded: Deferred;
    let mayWrite: Deferred;

    before(async () => {
      backend = await start();
      log = new EventLog();
      site = app(
        { store: backend.open(), defaultSessionData: {}, onEvent: log.onEvent },
        {
          "/": ({ session }) => session.data,
          "/mallory": ({ session }) => void (session.data = { ...MALLORY }),
          "/mfa": async ({ session }) => {
            loaded.resolve();
            await mayWrite.promise;
            session.data.mfa = true;
          },
          "/touch": ({ session }) => void (session.lifetime = 1000),
          "/login": ({ session }) => login(session),
          "/login-or-409": (ctx) => {
            ctx.handleError = () => new Response(null, { status: 409 });
            return login(ctx.session);
          },
        },
      );
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      await backend.clear();
      log.clear();
      site.errors.splice(0);
      browser = new Browser(site);
      await browser.get("/mallory");
      loaded = new Deferred();
      mayWrite = new Deferred();
    });

    const seenWith = async (id: string | undefined): Promise<SessionData> =>
      (await new Browser(site).get("/", { cookie: `session=${id}` })).json();

    /** Runs the log-in. The other request loads and writes before the steps of these numbers. */
    async function race(
      order: string[],
      waits: (typeof WAITS)[number],
      load: number,
      write: number,
    ) {
      site.errors.splice(0);
      browser = new Browser(site);
      await browser.get("/mallory");
      const oldId = browser.cookie("session")!;
      loaded = new Deferred();
      mayWrite = new Deferred();
      let other: Promise<Response> | undefined;

      /** The password hashing, for example, gives the other request time to run. */
      const turn = async (at: number): Promise<void> => {
        if (at === load) {
          other = new Browser(site).get("/mfa", { cookie: `session=${oldId}` });
          await loaded.promise;
        }
        if (at === write) {
          mayWrite.resolve();
          await other;
        }
      };
      login = async (session) => {
        const promises: unknown[] = [];
        for (const [at, step] of order.entries()) {
          await turn(at);
          const done = STEPS[step]!(session);
          if (waits === "at once") await done;
          promises.push(done);
        }
        await turn(order.length);
        if (waits === "at its end") await Promise.all(promises);
      };
      const { status } = await browser.get("/login");
      mayWrite.resolve();
      const late = await other;

      const how = `the other request loads at ${load} and writes at ${write}`;
      const found = await seenWith(browser.cookie("session"));
      if (status === 200) expect(found, how).to.deep.equal(VICTIM);
      else {
        const codes = site.errors.map((error) => (error as { code?: string }).code ?? error);
        expect(codes, how).to.deep.equal(["ERR_SESSION_CONFLICT"]);
        expect(found, how).to.have.property("userId", "mallory");
      }
      if (late) expect(late.status, how).to.equal(200);
      if (status === 200) expect((await seenWith(oldId)).userId, how).to.equal(undefined);
      return status;
    }

    for (const waits of WAITS) {
      describe(`that awaits regenerate() ${waits}`, () => {
        for (const order of ORDERS) {
          const isDocumented = waits === "at once" && !order.slice(0, 2).some(isAssignment);
          const outcome = isDocumented ? "succeeds" : "never mixes the two users";
          it(`${outcome} if it ${order.join(", ")}`, async () => {
            for (let load = 0; load <= order.length; load++) {
              for (let write = load; write <= order.length; write++) {
                const status = await race(order, waits, load, write);
                if (isDocumented) expect(status).to.equal(200);
              }
            }
          });
        }
      });
    }

    it("rejects and moves nothing if the handler has changed the data before, and so has the other request", async () => {
      const oldId = browser.cookie("session")!;
      login = async (session) => {
        session.data.userId = "victim";
        mayWrite.resolve();
        await new Browser(site).get("/mfa", { cookie: `session=${oldId}` });
        log.clear();
        await session.regenerate();
      };
      const response = await browser.get("/login");
      expect(response.status).to.equal(500);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(site.errors[0]).to.have.property("code", "ERR_SESSION_CONFLICT");
      expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_CONFLICT" }]);
      expect((await backend.records()).size).to.equal(1);
      expect(await seenWith(oldId)).to.deep.equal({ userId: "mallory", mfa: true });
    });

    it("drops the changes that came before or during a rejected regenerate(), even if the app answers 409", async () => {
      const oldId = browser.cookie("session")!;
      const changeOther = async (): Promise<void> => {
        loaded = new Deferred();
        const other = new Browser(site).get("/mfa", { cookie: `session=${oldId}` });
        mayWrite.resolve();
        await other;
      };
      const before = async (session: Session): Promise<void> => {
        session.data.userId = "victim";
        await changeOther();
        await session.regenerate();
      };
      const during = async (session: Session): Promise<void> => {
        void session.data;
        await changeOther();
        const regenerated = session.regenerate();
        session.data.userId = "victim";
        await regenerated;
      };
      for (login of [before, during]) {
        const response = await browser.get("/login-or-409");
        expect(response.status).to.equal(409);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(await seenWith(oldId)).to.deep.equal({ userId: "mallory", mfa: true });
        await browser.get("/mallory");
      }
    });

    // Only a change can be told from a look: see the doc comment of regenerate().
    it("does not take the assignment of a value that the data already have for a change", async () => {
      const oldId = browser.cookie("session")!;
      login = async (session) => {
        session.data.mfa = false;
        mayWrite.resolve();
        await new Browser(site).get("/mfa", { cookie: `session=${oldId}` });
        await session.regenerate();
        expect(session.data, "the newest data").to.deep.equal({ userId: "mallory", mfa: true });
      };
      expect((await browser.get("/login")).status).to.equal(200);
    });
  });
}

function isAssignment(step: string): boolean {
  return [USER, MFA, REPLACE].includes(step);
}
