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

/** The ways in which a handler fails, each after it has changed something. */
const failures: Record<string, (ctx: RequestContext) => Response> = {
  "throws an error": () => {
    throw new Error("handler");
  },
  "throws what is no error": () => {
    throw { code: 7 };
  },
  "throws a response of 500": () => {
    throw new Response("down", { status: 500 });
  },
  "answers 500": () => new Response("down", { status: 500 }),
  "answers 503": () => new Response("busy", { status: 503 }),
  "answers 599": () => new Response("?", { status: 599 }),
  "throws, having said how to answer 200": (ctx) => {
    ctx.handleError = () => new Response("Sorry.", { status: 200 });
    throw new Error("handler");
  },
  "throws, having said how to answer 404": (ctx) => {
    ctx.handleError = async () => new Response("Sorry.", { status: 404 });
    throw new Error("handler");
  },
};

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

      it("has logged out when it called destroy(), and left no word", async () => {
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

      it("has regenerated when it said so, with the data from before", async () => {
        const { site, browser } = await visitor();
        const value = browser.cookie("session");
        await browser.get("/regenerate");
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
        expect(log.types).to.deep.equal(["regenerated"]);
        if (name !== "UnsafeMemoryStore") return;
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

  it("commits although an earlier request failed", async () => {
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

  it("commits the sessions of requests beside one that fails", async () => {
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

describe("The app's own handling of errors", () => {
  const failing = answer({
    "/": (ctx) => {
      ctx.session.data.user = "ann";
      throw new Error("handler");
    },
  });
  const sorry: RequestHandler = (ctx) => {
    ctx.handleError = (error) => new Response(`Sorry: ${(error as Error).message}`);
  };

  function siteOf(...handlers: RequestHandler[]) {
    const store = new UnsafeMemoryStore();
    return { store, site: appOf(cookie(), ...handlers) };
  }

  for (const where of ["before", "after"]) {
    it(`answers as it likes, and commits nothing, when it was set up ${where} session()`, async () => {
      const store = new UnsafeMemoryStore();
      const sessions = session({ store, defaultSessionData: {} });
      const handlers = where === "before" ? [sorry, sessions] : [sessions, sorry];
      const response = await new Browser(siteOf(...handlers, failing).site).get("/");
      expect(await response.text()).to.equal("Sorry: handler");
      expect(setCookies(response)).to.deep.equal([]);
      expect(store.size).to.equal(0);
    });
  }

  it("goes on working, and can be replaced, once the session is done", async () => {
    const own: RequestContext["handleError"] = () => new Response("own");
    const { site } = siteOf(
      async (ctx) => {
        ctx.handleError = own;
        await ctx.next();
        const texts = [await (await ctx.handleError(new Error("late"))).text()];
        ctx.handleError = () => new Response("other");
        texts.push(await (await ctx.handleError(new Error("late"))).text());
        return new Response(texts.join());
      },
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      (ctx) => new Response(String(ctx.session.isFresh)),
    );
    expect(await (await new Browser(site).get("/")).text()).to.equal("own,other");
  });

  for (const when of ["before", "after"]) {
    it(`may be wrapped by a handler that looks at the session ${when} that`, async () => {
      const heard: unknown[] = [];
      const wrap: RequestHandler = (ctx) => {
        const { handleError } = ctx;
        ctx.handleError = (error) => {
          heard.push(error);
          return handleError(error);
        };
      };
      const look: RequestHandler = (ctx) => {
        ctx.session.data.user = "ann";
      };
      const { site, store } = siteOf(
        session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
        ...(when === "before" ? [look, wrap] : [wrap, look]),
        wrap,
        () => {
          throw new Error("handler");
        },
      );
      const response = await new Browser(site).get("/");
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(heard.map(String)).to.deep.equal(["Error: handler", "Error: handler"]);
      expect(site.errors.map(String)).to.deep.equal(["Error: handler"]);
      expect(store.size).to.equal(0);
    });

    it(`may be put back by a handler that looks at the session ${when} that`, async () => {
      const around: RequestHandler = async (ctx) => {
        const { handleError } = ctx;
        if (when === "before") ctx.session.data.user = "ann";
        ctx.handleError = () => new Response("within");
        if (when === "after") ctx.session.data.user = "ann";
        await ctx.next();
        ctx.handleError = handleError;
        throw new Error("handler");
      };
      const { site } = siteOf(
        session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
        around,
        () => new Response("fine"),
      );
      const response = await new Browser(site).get("/");
      expect(response.status).to.equal(500);
      expect(setCookies(response)).to.deep.equal([]);
      expect(site.errors.map(String)).to.deep.equal(["Error: handler"]);
    });
  }

  it("is followed on a copy of the context, too, in which another session lives", async () => {
    const inner = session({
      store: new UnsafeMemoryStore(),
      defaultSessionData: {},
      cookieName: "inner",
    });
    const { site } = siteOf(
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      (ctx) => {
        const copy: RequestContext = {
          ...ctx,
          handleError: () => new Response("Sorry.", { status: 400 }),
          next: async () => {
            try {
              return (await failing(copy))!;
            } catch (error) {
              return copy.handleError(error);
            }
          },
        };
        return inner(copy);
      },
    );
    const response = await new Browser(site).get("/");
    expect(response.status).to.equal(400);
    expect(setCookies(response)).to.deep.equal([]);
  });

  it("is called on the context, as it is without a session", async () => {
    const { site } = siteOf(
      (ctx) => {
        ctx.handleError = function (this: RequestContext) {
          return new Response(this.url.pathname);
        };
      },
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      failing,
    );
    expect(await (await new Browser(site).get("/")).text()).to.equal("/");
  });

  it("hides no failure from a middleware that changes the session only afterwards", async () => {
    const store = new UnsafeMemoryStore();
    const { site } = siteOf(
      sorry,
      session({ store, defaultSessionData: {} }),
      async (ctx) => {
        const response = await ctx.next();
        ctx.session.data.seen = true;
        return response;
      },
      () => {
        throw new Error("handler");
      },
    );
    const response = await new Browser(site).get("/");
    expect(await response.text()).to.equal("Sorry: handler");
    expect(setCookies(response)).to.deep.equal([]);
    expect(store.size).to.equal(0);
  });

  it("may fail itself, which commits nothing", async () => {
    const { site } = siteOf(
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
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
    // Whether compose() rejects or answers is its own matter.
    expect(failure ?? response?.status).to.satisfy(
      (it: unknown) => it === 500 || (it as Error).message === "handleError",
    );
    if (response) expect(setCookies(response)).to.deep.equal([]);
  });

  it("may fail itself, and the handler's destroy() is honoured all the same", async () => {
    const store = new UnsafeMemoryStore();
    const { site } = siteOf(
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
    expect(store.size).to.equal(1);
    await browser.get("/logout").catch(() => {});
    expect(store.size).to.equal(0);
  });

  it("is asked once for each failure", async () => {
    const asked: unknown[] = [];
    const { site } = siteOf(
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      answer({
        "/handler": (ctx) => {
          ctx.handleError = (error) => {
            asked.push(error);
            return new Response("sorry", { status: 500 });
          };
          throw new Error("handler");
        },
        "/unfit": (ctx) => {
          ctx.handleError = (error) => {
            asked.push(error);
            return new Response("sorry", { status: 500 });
          };
          ctx.session.data.big = 1n;
        },
      }),
    );
    for (const path of ["/handler", "/unfit"]) {
      asked.length = 0;
      expect((await new Browser(site).get(path)).status).to.equal(500);
      expect(asked).to.have.length(1);
    }
  });

  for (const position of ["inside", "inside, after a look,", "between"]) {
    const isBetween = position === "between";
    it(`hides no failure from an outer session: it was replaced ${position} the nested one`, async () => {
      const outer = new UnsafeMemoryStore();
      const options = { defaultSessionData: {} };
      const { site } = siteOf(
        session({ ...options, store: outer, cookieName: "outer" }),
        async (ctx) => {
          ctx.session.data.user = "ann";
          const response = await ctx.next();
          if (!isBetween) return response;
          ctx.handleError = () => new Response("Sorry: outside");
          throw new Error("middleware");
        },
        session({ ...options, store: new UnsafeMemoryStore(), cookieName: "inner" }),
        (ctx) => {
          if (position.includes("look")) void ctx.session.data;
        },
        isBetween ? () => {} : sorry,
        isBetween ? () => new Response("fine") : failing,
      );
      const response = await new Browser(site).get("/");
      expect(await response.text()).to.match(/^Sorry/);
      expect(setCookies(response)).to.deep.equal([]);
      expect(outer.size).to.equal(0);
    });
  }
});

it("compose()'s own handling of errors commits nothing either, and honours destroy()", async () => {
  const print = sinon.stub(console, "error");
  try {
    const store = new UnsafeMemoryStore();
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
    expect(store.size).to.equal(0);
    expect(print.args.flat().map(String)).to.deep.equal(["Error: handler", "Error: handler"]);
  } finally {
    print.restore();
  }
});

describe("Without compose() around it, session()", () => {
  /** Called with a context of the spec's own making, as other frameworks may. */
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
    return middleware(ctx) as Promise<Response>;
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

  it("passes a handler's error on, and commits nothing", async () => {
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
    it(`honours ${call} of a handler that throws`, async () => {
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

  it("honours update() and destroy() of a handler that waits for neither and throws", async () => {
    const store = new MapStore();
    const id = await begun(store);
    store.clearCalls();
    const failure = await run({ store }, id, (ctx) => {
      void ctx.session.update((data) => void (data.n = 1));
      void ctx.session.destroy();
      throw new Error("handler");
    }).catch((reason: unknown) => reason);
    expect(failure).to.have.property("message", "handler");
    expect(store.calls).to.deep.equal(["read", "update", "remove"]);
  });

  it("passes the handler's own error on even if the store is down when it is to log out", async () => {
    const store = new WatchedMemoryStore();
    const log = new EventLog();
    const id = await begun(store);
    const failure = await run({ store, onEvent: log.onEvent }, id, async (ctx) => {
      await ctx.session.destroy();
      store.down = true;
      throw new Error("handler");
    }).catch((reason: unknown) => reason);
    expect(failure).to.have.property("message", "handler");
    expect(log.events).to.deep.equal([{ type: "store-failed", code: "ERR_SESSION_STORE" }]);
  });
});
