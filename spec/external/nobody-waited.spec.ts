import { expect } from "chai";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Session } from "../../lib/index.js";
import { app, type App, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { EventLog } from "../support/event-log.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";
import { stores } from "../support/middleware-stores.js";
import { RedisServer } from "../support/redis-server.js";
import { setCookies } from "../support/set-cookie.js";

/*
 * A handler may forget to await a call, and the call may fail. Node ends a process for a rejection
 * that no code handles, and mocha fails the spec.
 */
const CALLS: Record<string, (session: Session) => Promise<void>> = {
  "destroy()": (session) => session.destroy(),
  "regenerate()": (session) => session.regenerate(),
  "update()": (session) => session.update((data) => void (data.n = 2)),
  "update() with too much data": (session) =>
    session.update((data) => void (data.much = "x".repeat(2000))),
};

/** What the handler does with the promise of the call. */
const FORMS: Record<string, (promise: Promise<void>) => unknown> = {
  "is not awaited": (promise) => void promise,
  "is not awaited after then(f)": (promise) => void promise.then(() => {}),
  "is not awaited after then(f).then(g)": (promise) => void promise.then(() => {}).then(() => {}),
  "is not awaited after finally(f)": (promise) => void promise.finally(() => {}),
  "is returned": (promise) => promise,
  "is awaited later": async (promise) => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await promise;
  },
  "is awaited in Promise.all": (promise) => Promise.all([promise, Promise.resolve()]),
};

/** What a handler does that expects the error. Its response counts. */
const CATCHES: Record<string, (promise: Promise<void>) => unknown> = {
  "with try and catch": async (promise) => {
    try {
      await promise;
    } catch {
      // The visitor gets the page all the same.
    }
  },
  "with try and catch, later": async (promise) => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await promise.catch(() => {});
  },
  "with Promise.allSettled": (promise) => Promise.allSettled([promise]),
  "with catch(f), without an await": (promise) => void promise.catch(() => {}),
  "with then(f, g), without an await": (promise) =>
    void promise.then(
      () => {},
      () => {},
    ),
  "with then(f).catch(g), without an await": (promise) =>
    void promise.then(() => {}).catch(() => {}),
};

/** Calls that begin when another one has happened. */
const SEQUENCES: Record<
  string,
  { call: (session: Session) => Promise<unknown>; seen: object; events: string[] }
> = {
  "An update() and then a regenerate()": {
    call: (session) => CALLS["update()"]!(session).then(() => session.regenerate()),
    seen: { n: 2 },
    events: ["saved", "regenerated"],
  },
  "An update() and, in an asynchronous function, a destroy()": {
    async call(session) {
      await CALLS["update()"]!(session);
      await session.destroy();
    },
    seen: {},
    events: ["saved", "destroyed"],
  },
  "An update() that fails, and a regenerate() in its catch block": {
    async call(session) {
      try {
        await session.update(() => {
          throw new Error("refused");
        });
      } catch {
        await session.regenerate();
      }
    },
    seen: { n: 1 },
    events: ["regenerated"],
  },
  "A regenerate() and a change after it": {
    async call(session) {
      await session.regenerate();
      session.data.n = 3;
    },
    seen: { n: 3 },
    events: ["regenerated", "saved"],
  },
};

const FAULTS: { title: string; calls: string[]; code: string; when: "before" | "during" }[] = [
  {
    title: "whose backend goes down while the handler runs",
    calls: ["destroy()", "regenerate()", "update()"],
    code: "ERR_SESSION_STORE",
    when: "during",
  },
  {
    title: "whose backend was down when the request arrived",
    calls: ["destroy()", "regenerate()", "update()"],
    code: "ERR_SESSION_STORE",
    when: "before",
  },
  {
    title: "of a session that has ended meanwhile",
    calls: ["regenerate()", "update()"],
    code: "ERR_SESSION_CONFLICT",
    when: "during",
  },
  {
    title: "over maxBytes",
    calls: ["update() with too much data"],
    code: "ERR_SESSION_RECORD_TOO_LARGE",
    when: "during",
  },
];

for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name},`, () => {
    let backend: ExternalBackend;
    let log: EventLog;
    let site: App;
    let routes: Routes;
    let browser: Browser;
    let id: string;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      await backend.clear();
      log = new EventLog();
      routes = {
        "/": ({ session }) => session.data,
        "/begin": ({ session }) => void (session.data.n = 1),
        "/logout": ({ session }) => session.destroy(),
      };
      const store = backend.open({ maxBytes: 1000 });
      site = app({ store, defaultSessionData: {}, onEvent: log.onEvent }, routes);
      browser = new Browser(site);
      await browser.get("/begin");
      id = browser.cookie("session")!;
      log.clear();
    });
    afterEach(async () => {
      // Node reports an unhandled rejection after the microtasks of the request.
      await new Promise(setImmediate);
      await backend.closeStores();
    });

    for (const [title, { call, seen, events }] of Object.entries(SEQUENCES)) {
      it(`${title}, which no handler awaits, happens before the response leaves`, async () => {
        routes["/act"] = ({ session }) => void call(session);
        await browser.get("/act");
        expect(log.types).to.deep.equal(events);
        expect(await (await browser.get("/")).json()).to.deep.equal(seen);
        expect(site.errors).to.deep.equal([]);
      });
    }

    for (const { title, calls, code, when } of FAULTS) {
      const strike = async () => {
        if (title.includes("backend")) await backend.fail();
        if (title.includes("ended")) {
          await new Browser(site).get("/logout", { cookie: `session=${id}` });
        }
      };

      /** The response of a handler that calls `call` and does `use` with its promise. */
      async function respond(
        call: string,
        use: (promise: Promise<void>) => unknown,
      ): Promise<Response> {
        routes["/act"] = async ({ session }) => {
          if (when === "during") await strike();
          await use(CALLS[call]!(session));
          return new Response("It is done.");
        };
        if (when === "before") await strike();
        const response = await browser.get("/act");
        await backend.recover();
        return response;
      }

      for (const call of calls) {
        describe(`the error of ${call} ${title}`, () => {
          for (const [form, use] of Object.entries(FORMS)) {
            it(`becomes the response's error if the promise ${form}`, async () => {
              const response = await respond(call, use);
              expect(response.status).to.equal(500);
              expect(site.errors).to.have.length(1);
              expect(site.errors[0]).to.have.property("code", code);
              expect(setCookies(response)).to.deep.equal([]);
            });
          }

          for (const [form, use] of Object.entries(CATCHES)) {
            it(`is left to a handler that catches it ${form}`, async () => {
              const response = await respond(call, use);
              expect(response.status).to.equal(200);
              expect(site.errors).to.deep.equal([]);
              expect(setCookies(response)).to.deep.equal([]);
            });
          }
        });
      }
    }

    for (const [call, run] of Object.entries(CALLS)) {
      it(`${call} after the response causes an event, if the promise is not awaited`, async () => {
        let session: Session | undefined;
        routes["/act"] = (ctx) => {
          ({ session } = ctx);
          return ctx.session.data;
        };
        await browser.get("/act");
        void run(session!);
        void run(session!).then(() => {});
        await new Promise(setImmediate);
        const event = { type: "store-failed", code: "ERR_SESSION_RESPONSE" };
        expect(log.events).to.deep.equal([event, event]);
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
      });
    }
  });
}

// In a cookie store the calls are over so soon that the handler's response may come first.
describe("With SignedCookieStore,", () => {
  for (const [title, { call, seen, events }] of Object.entries(SEQUENCES)) {
    it(`${title}, which no handler awaits, happens before the response leaves`, async () => {
      const log = new EventLog();
      const store = stores["SignedCookieStore"]!();
      const site = app(
        { store, defaultSessionData: {}, onEvent: log.onEvent },
        {
          "/": ({ session }) => session.data,
          "/begin": ({ session }) => void (session.data.n = 1),
          "/act": ({ session }) => void call(session),
        },
      );
      const browser = new Browser(site);
      await browser.get("/begin");
      await browser.get("/act");
      expect(log.types).to.include.members(events);
      expect(await (await browser.get("/")).json()).to.deep.equal(seen);
      expect(site.errors).to.deep.equal([]);
    });
  }
});

describe("A process whose Redis dies", function () {
  this.timeout(60_000);

  for (const method of ["destroy", "regenerate", "update"]) {
    it(`lives on and answers with the error, if its handlers do not await ${method}()`, async () => {
      const server = await RedisServer.start();
      try {
        const pid = /process_id:(\d+)/.exec(await server.cli("INFO", "server"))![1]!;
        const program = new URL("../support/programs/unawaited-calls.ts", import.meta.url);
        const { stdout } = await promisify(execFile)(process.execPath, [
          ...["--import", "ts-blank-space/register", fileURLToPath(program)],
          ...[server.url, pid, method],
        ]);
        expect(stdout.trim().split("\n")).to.deep.equal(["200", "500", "500", "alive"]);
      } finally {
        await server.stop();
      }
    });
  }
});

describe("A callback of update() that calls", () => {
  const inner: Record<string, (session: Session) => Promise<void>> = {
    "destroy()": (session) => session.destroy(),
    "regenerate()": (session) => session.regenerate(),
    "update()": (session) => session.update(() => {}),
  };
  /** What the callback does with the inner call. Nothing helps: the call is a mistake. */
  const calling: Record<string, (call: () => Promise<void>) => void> = {
    "": (call) => void call(),
    " and ignores its error": (call) => {
      try {
        call().catch(() => {});
      } catch {
        // The call may throw at once, too.
      }
    },
  };
  for (const [name, create] of Object.entries(stores)) {
    for (const [call, run] of Object.entries(inner)) {
      for (const [how, use] of Object.entries(calling)) {
        it(`${call}${how} makes update() reject with a TypeError and commit nothing, in ${name}`, async () => {
          const log = new EventLog();
          let isCaught = false;
          const site = app(
            { store: create(), defaultSessionData: {}, onEvent: log.onEvent },
            {
              "/": ({ session }) => session.data,
              "/begin": ({ session }) => void (session.data.banned = true),
              "/act": async ({ session }) => {
                const updated = session.update((data) => {
                  data.n = 1;
                  if (data.banned) use(() => run(session));
                });
                await (isCaught ? updated.catch(() => {}) : updated);
              },
            },
          );
          const browser = new Browser(site);
          await browser.get("/begin");
          log.clear();
          for (isCaught of [false, true]) {
            const response = await browser.get("/act");
            expect(response.status).to.equal(isCaught ? 200 : 500);
            expect(setCookies(response)).to.deep.equal([]);
            expect(await (await browser.get("/")).json()).to.deep.equal({ banned: true });
          }
          expect(site.errors).to.have.length(1);
          expect(site.errors[0]).to.be.an.instanceOf(TypeError);
          expect((site.errors[0] as Error).message)
            .to.include(call)
            .and.include("update()");
          expect(log.types).to.deep.equal([]);
        });
      }
    }
  }
});
