import { compose, type RequestContext, type RequestHandler } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import sinon from "sinon";
import {
  session,
  UnsafeMemoryStore,
  type ExternalStore,
  type SessionOptions,
} from "../../lib/index.js";
import { answer, app, appOf, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { MapStore } from "../support/map-store.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";
import { WatchedMemoryStore } from "../support/watched-memory-store.js";

/** The ways in which a handler can fail after it has changed the session. */
const failures: Record<string, (ctx: RequestContext) => Response> = {
  "throws an error": () => {
    throw new Error("handler");
  },
  "throws a value that is not an error": () => {
    throw { code: 7 };
  },
  "throws a response of 500": () => {
    throw new Response("down", { status: 500 });
  },
  "answers 500": () => new Response("down", { status: 500 }),
  "answers 503": () => new Response("busy", { status: 503 }),
  "answers 599": () => new Response("?", { status: 599 }),
  "throws, and whose error handler answers 502": (ctx) => {
    ctx.handleError = () => new Response("Sorry.", { status: 502 });
    throw new Error("handler");
  },
};

/** A middleware that changes the session after the handler. */
async function noteStatus(ctx: RequestContext): Promise<Response> {
  const response = await ctx.next();
  ctx.session.data.status = response.status;
  return response;
}

for (const [name, create] of Object.entries(stores)) {
  for (const [failure, fail] of Object.entries(failures)) {
    describe(`A handler that ${failure}, in ${name},`, () => {
      const log = new EventLog();
      const routes: Routes = {
        "/": (ctx) => ({ ...ctx.session.data }),
        "/begin": (ctx) => {
          ctx.session.data.n = 1;
        },
        "/change": (ctx) => {
          ctx.session.data.n++;
          ctx.session.data.user = "ann";
          return fail(ctx);
        },
        "/destroy": async (ctx) => {
          await ctx.session.destroy();
          ctx.session.data.message = "bye";
          return fail(ctx);
        },
        "/regenerate": async (ctx) => {
          ctx.session.data.user = "ann";
          await ctx.session.regenerate();
          return fail(ctx);
        },
        "/read": (ctx) => {
          void ctx.session.data;
          return fail(ctx);
        },
      };

      async function visitor() {
        const site = app({ store: create(), defaultSessionData: {}, onEvent: log.onEvent }, routes);
        const browser = new Browser(site);
        await browser.get("/begin");
        log.clear();
        return { site, browser };
      }

      it("commits no change", async () => {
        const { browser } = await visitor();
        const response = await browser.get("/change");
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
        expect(log.types).to.deep.equal([]);
      });

      it("commits no change that a middleware makes after it", async () => {
        const options = { store: create(), defaultSessionData: {}, onEvent: log.onEvent };
        const site = appOf(cookie(), session(options), noteStatus, answer(routes));
        const browser = new Browser(site);
        await browser.get("/begin");
        log.clear();
        const response = await browser.get("/read");
        expect(response.status).to.be.at.least(500);
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1, status: 200 });
        expect(log.types).to.deep.equal([]);
      });

      it("begins no session", async () => {
        const { site } = await visitor();
        const response = await new Browser(site).get("/change");
        expect(response.headers.getSetCookie()).to.deep.equal([]);
        expect(log.types).to.deep.equal([]);
      });

      it("renews nothing", async () => {
        const clock = new Clock();
        try {
          const { browser } = await visitor();
          clock.pass(40_000);
          const response = await browser.get("/read");
          expect(response.headers.getSetCookie()).to.deep.equal([]);
          expect(log.types).to.deep.equal([]);
        } finally {
          clock.restore();
        }
      });

      it("still ends the session if it called destroy(), and saves no data", async () => {
        const { site, browser } = await visitor();
        const value = browser.cookie("session");
        const response = await browser.get("/destroy");
        expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
        expect(await (await browser.get("/")).json()).to.deep.equal({});
        expect(log.types).to.deep.equal(["destroyed"]);
        if (name !== "UnsafeMemoryStore") return;
        const replayed = await new Browser(site).get("/", { cookie: `session=${value}` });
        expect(await replayed.json()).to.deep.equal({});
      });

      it("still changes the ID if it called regenerate(), and keeps the earlier data", async () => {
        const { site, browser } = await visitor();
        const value = browser.cookie("session");
        const response = await browser.get("/regenerate");
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
        expect(log.types).to.deep.equal(["regenerated"]);
        if (name !== "UnsafeMemoryStore") return;
        // Without the new cookie, the client would lose the session, which has moved already.
        expect(setCookies(response)).to.have.length(1);
        const replayed = await new Browser(site).get("/", { cookie: `session=${value}` });
        expect(await replayed.json()).to.deep.equal({});
      });
    });
  }
}

describe("A handler that does not fail", () => {
  for (const status of [200, 201, 303, 400, 401, 404, 499]) {
    it(`commits its changes with ${status}`, async () => {
      const site = app(
        { store: new UnsafeMemoryStore(), defaultSessionData: {} },
        {
          "/": (ctx) => {
            ctx.session.data.user = "ann";
            return new Response(null, { status });
          },
          "/thrown": (ctx) => {
            ctx.session.data.user = "ann";
            throw new Response(null, { status });
          },
        },
      );
      for (const path of ["/", "/thrown"]) {
        expect(setCookies(await new Browser(site).get(path))).to.have.length(1);
      }
    });
  }

  it("commits its changes although an earlier request failed", async () => {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: {} },
      {
        "/fails": () => {
          throw new Error("handler");
        },
        "/": (ctx) => {
          ctx.session.data.user = "ann";
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/fails");
    expect(setCookies(await browser.get("/"))).to.have.length(1);
  });

  it("commits its changes although a parallel request fails", async () => {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: {} },
      {
        "/": async (ctx) => {
          ctx.session.data.user = "ann";
          await Promise.resolve();
          if (ctx.url.search) throw new Error("handler");
        },
      },
    );
    const responses = await Promise.all(
      ["/", "/?fail", "/"].map((path) => new Browser(site).get(path)),
    );
    const counts = responses.map((response) => setCookies(response).length);
    expect(counts).to.deep.equal([1, 0, 1]);
  });
});

describe("The app's error handler", () => {
  const failing = answer({
    "/": (ctx) => {
      ctx.session.data.user = "ann";
      throw new Error("handler");
    },
    "/look": (ctx) => ctx.session.data,
  });

  function answeringWith(status: number): RequestHandler {
    return (ctx) => {
      ctx.handleError = (error) => {
        const headers = new Headers(status === 303 ? { location: "/look" } : undefined);
        return new Response(`Sorry: ${(error as Error).message}`, { status, headers });
      };
    };
  }

  function siteOf(...handlers: RequestHandler[]) {
    return appOf(cookie(), ...handlers);
  }

  for (const where of ["before", "after"]) {
    const sitesOf = (store: UnsafeMemoryStore, status: number) => {
      const sessions = session({ store, defaultSessionData: {} });
      const sorry = answeringWith(status);
      return siteOf(...(where === "before" ? [sorry, sessions] : [sessions, sorry]), failing);
    };

    it(`commits nothing when it was set ${where} session() and answers 5xx`, async () => {
      const store = new UnsafeMemoryStore();
      const response = await new Browser(sitesOf(store, 503)).get("/");
      expect(await response.text()).to.equal("Sorry: handler");
      expect(setCookies(response)).to.deep.equal([]);
      expect(store.size).to.equal(0);
    });

    // One rule for failure: a 5xx response, or an exception that reaches session().
    for (const status of [200, 303, 404]) {
      it(`commits the changes when it was set ${where} session() and answers ${status}`, async () => {
        const browser = new Browser(sitesOf(new UnsafeMemoryStore(), status));
        const response = await browser.get("/");
        expect(response.status).to.equal(status);
        expect(await (await browser.get("/look")).json()).to.deep.equal({ user: "ann" });
      });
    }
  }

  it("can redirect with a notice in the session, which the next page shows", async () => {
    const site = siteOf(
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      (ctx) => {
        ctx.handleError = () => {
          ctx.session.data.notice = "Your card was declined.";
          return new Response(null, { status: 303, headers: { location: "/look" } });
        };
      },
      failing,
    );
    const browser = new Browser(site);
    expect((await browser.get("/")).status).to.equal(303);
    const { notice } = (await (await browser.get("/look")).json()) as { notice?: string };
    expect(notice).to.equal("Your card was declined.");
  });

  it("is not replaced by session()", async () => {
    const own: RequestContext["handleError"] = () => new Response("own", { status: 500 });
    const seen: unknown[] = [];
    const site = siteOf(
      (ctx) => {
        ctx.handleError = own;
      },
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      (ctx) => {
        seen.push(ctx.session.data, ctx.handleError);
        return new Response();
      },
    );
    await new Browser(site).get("/");
    expect(seen[1]).to.equal(own);
  });

  it("commits nothing when it fails itself", async () => {
    const store = new UnsafeMemoryStore();
    const site = siteOf(
      session({ store, defaultSessionData: {} }),
      (ctx) => {
        ctx.handleError = () => {
          throw new Error("handleError");
        };
      },
      failing,
    );
    let response: Response | undefined;
    const failure = await new Browser(site).get("/").then(
      (answered) => void (response = answered),
      (error: Error) => error,
    );
    // Whether compose() rejects or answers is up to compose().
    expect(failure ?? response?.status).to.satisfy(
      (it: unknown) => it === 500 || (it as Error).message === "handleError",
    );
    if (response) expect(setCookies(response)).to.deep.equal([]);
    expect(store.size).to.equal(0);
  });

  it("does not prevent the handler's destroy() when it fails itself", async () => {
    const store = new MapStore();
    const site = siteOf(
      session({ store, defaultSessionData: {} }),
      answer({
        "/begin": (ctx) => {
          ctx.session.data.user = "ann";
        },
        "/logout": async (ctx) => {
          ctx.handleError = () => {
            throw new Error("handleError");
          };
          await ctx.session.destroy();
          throw new Error("handler");
        },
      }),
    );
    const browser = new Browser(site);
    await browser.get("/begin");
    expect(store.sessions).to.have.length(1);
    await browser.get("/logout").catch(() => {});
    expect(store.sessions).to.deep.equal([]);
  });

  it("is called once for each failure", async () => {
    const calls: unknown[] = [];
    const site = siteOf(
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      answer({
        "/handler": (ctx) => {
          ctx.handleError = (error) => {
            calls.push(error);
            return new Response("sorry", { status: 500 });
          };
          throw new Error("handler");
        },
        "/unfit": (ctx) => {
          ctx.handleError = (error) => {
            calls.push(error);
            return new Response("sorry", { status: 500 });
          };
          ctx.session.data.big = 1n;
        },
      }),
    );
    for (const path of ["/handler", "/unfit"]) {
      calls.length = 0;
      expect((await new Browser(site).get(path)).status).to.equal(500);
      expect(calls).to.have.length(1);
    }
  });

  it("decides by its response for an outer session, too", async () => {
    for (const [status, size] of [
      [503, 0],
      [303, 1],
    ] as const) {
      const outer = new UnsafeMemoryStore();
      const options = { defaultSessionData: {} };
      const site = siteOf(
        session({ ...options, store: outer, cookieName: "outer" }),
        ({ session: current }) => {
          current.data.user = "ann";
        },
        session({ ...options, store: new UnsafeMemoryStore(), cookieName: "inner" }),
        answeringWith(status),
        failing,
      );
      await new Browser(site).get("/");
      expect(outer.size).to.equal(size);
    }
  });
});

it("The error handler of compose() answers 500, so that only destroy() is carried out", async () => {
  const print = sinon.stub(console, "error");
  try {
    const store = new MapStore();
    const browser = new Browser(
      compose(
        cookie(),
        session({ store, defaultSessionData: {} }),
        answer({
          "/begin": (ctx) => {
            ctx.session.data.n = 1;
          },
          "/look": (ctx) => ctx.session.data,
          "/change": (ctx) => {
            ctx.session.data.n = 2;
            throw new Error("handler");
          },
          "/logout": async (ctx) => {
            await ctx.session.destroy();
            throw new Error("handler");
          },
        }),
      ),
    );
    await browser.get("/begin");
    const failed = await browser.get("/change");
    expect(failed.status).to.equal(500);
    expect(setCookies(failed)).to.deep.equal([]);
    expect(await (await browser.get("/look")).json()).to.deep.equal({ n: 1 });
    expect((await browser.get("/logout")).status).to.equal(500);
    expect(browser.cookie("session")).to.equal(undefined);
    expect(store.sessions).to.deep.equal([]);
    expect(print.args.flat().map(String)).to.deep.equal(["Error: handler", "Error: handler"]);
  } finally {
    print.restore();
  }
});

it("The error handler of compose() answers 500, so that a later change by a middleware is not committed", async () => {
  const print = sinon.stub(console, "error");
  try {
    const browser = new Browser(
      compose(
        cookie(),
        session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
        noteStatus,
        answer({
          "/look": (ctx) => ctx.session.data,
          "/fail": () => {
            throw new Error("handler");
          },
        }),
      ),
    );
    await browser.get("/look");
    const failed = await browser.get("/fail");
    expect(failed.status).to.equal(500);
    expect(setCookies(failed)).to.deep.equal([]);
    expect(await (await browser.get("/look")).json()).to.deep.equal({ status: 200 });
    expect(print.args.flat().map(String)).to.deep.equal(["Error: handler"]);
  } finally {
    print.restore();
  }
});

describe("Without compose() around it, session()", () => {
  /** Calls the middleware with a hand-made context, as other frameworks may do. */
  function run(
    options: Partial<SessionOptions> & Pick<SessionOptions, "store">,
    id: string | null,
    handler: (ctx: RequestContext) => Response | Promise<Response>,
  ): Promise<Response> {
    const ctx = {
      request: new Request("https://example.com/"),
      next: async () => handler(ctx),
    } as unknown as RequestContext;
    const middleware = session({ defaultSessionData: {}, getSessionId: () => id, ...options });
    return middleware(ctx);
  }

  async function begun(store: ExternalStore): Promise<string> {
    const response = await run({ store }, null, (ctx) => {
      ctx.session.data.user = "ann";
      return new Response();
    });
    return setCookies(response)[0]!.value;
  }

  const seen = async (store: UnsafeMemoryStore, id: string) =>
    (await run({ store }, id, (ctx) => Response.json(ctx.session.data))).json();

  it("works", async () => {
    const store = new UnsafeMemoryStore();
    expect(await seen(store, await begun(store))).to.deep.equal({ user: "ann" });
  });

  it("rejects with a handler's error, and commits nothing", async () => {
    const store = new UnsafeMemoryStore();
    const id = await begun(store);
    const error = new Error("handler");
    const failure = await run({ store }, id, (ctx) => {
      ctx.session.data.user = "eve";
      throw error;
    }).catch((reason: unknown) => reason);
    expect(failure).to.equal(error);
    expect(await seen(store, id)).to.deep.equal({ user: "ann" });
  });

  for (const [call, method] of [
    ["destroy()", "destroy"],
    ["regenerate()", "regenerate"],
  ] as const) {
    it(`carries out ${call} of a handler that throws`, async () => {
      const store = new UnsafeMemoryStore();
      const id = await begun(store);
      const failure = await run({ store }, id, async (ctx) => {
        await ctx.session[method]();
        throw new Error("handler");
      }).catch((reason: unknown) => reason);
      expect(failure).to.have.property("message", "handler");
      expect(await seen(store, id)).to.deep.equal({});
    });
  }

  it("carries out update() and destroy() of a handler that awaits neither and throws", async () => {
    const store = new MapStore();
    const id = await begun(store);
    store.clearCalls();
    const failure = await run({ store }, id, (ctx) => {
      void ctx.session.update((data) => void (data.n = 1));
      void ctx.session.destroy();
      throw new Error("handler");
    }).catch((reason: unknown) => reason);
    expect(failure).to.have.property("message", "handler");
    // The second update puts a tombstone in the record's place.
    expect(store.calls).to.deep.equal(["read", "update", "update"]);
    expect(store.sessions).to.deep.equal([]);
  });

  for (const [how, destroy] of [
    ["awaits and catches", async (ctx) => ctx.session.destroy().catch(() => {})],
    ["does not await", (ctx) => void ctx.session.destroy()],
  ] as const satisfies [string, (ctx: RequestContext) => unknown][]) {
    it(`rejects with the error of a handler that ${how} a destroy() that the store cannot carry out`, async () => {
      const store = new WatchedMemoryStore();
      const log = new EventLog();
      const id = await begun(store);
      const failure = await run({ store, onEvent: log.onEvent }, id, async (ctx) => {
        store.down = true;
        await destroy(ctx);
        throw new Error("handler");
      }).catch((reason: unknown) => reason);
      expect(failure).to.have.property("message", "handler");
      expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
      store.down = false;
      expect(await seen(store, id)).to.deep.equal({ user: "ann" });
    });
  }
});
