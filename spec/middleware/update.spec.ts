import { expect } from "chai";
import { UnsafeMemoryStore, type Session } from "../../lib/index.js";
import { app, type App, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { EventLog } from "../support/event-log.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

const increment = (session: Session): Promise<void> =>
  session.update((data) => {
    data.n++;
  });

for (const [name, create] of Object.entries(stores)) {
  describe(`update() in ${name}`, () => {
    const log = new EventLog();
    let site: App;
    let browser: Browser;

    const begin = async (routes: Routes) => {
      const store = create();
      site = app(
        { store, defaultSessionData: { n: 0 }, onEvent: log.onEvent },
        {
          "/": (ctx) => ctx.session.data,
          "/begin": (ctx) => {
            ctx.session.data.begun = true;
          },
          ...routes,
        },
      );
      browser = new Browser(site);
      await browser.get("/begin");
      log.clear();
    };
    const seen = async (visitor = browser) => (await visitor.get("/")).json();

    it("changes the data of the handler and saves it", async () => {
      await begin({
        "/up": async (ctx) => {
          await increment(ctx.session);
          return ctx.session.data.n;
        },
      });
      expect(await (await browser.get("/up")).json()).to.equal(1);
      expect(await seen()).to.deep.equal({ n: 1, begun: true });
      expect(log.types).to.deep.equal(["saved"]);
    });

    it("changes the data object that the handler already holds", async () => {
      await begin({
        "/up": async (ctx) => {
          const { data } = ctx.session;
          await increment(ctx.session);
          return data.n + (ctx.session.data === data ? 10 : 0);
        },
      });
      expect(await (await browser.get("/up")).json()).to.equal(11);
    });

    it("keeps what its callback changes through ctx.session.data", async () => {
      await begin({
        "/both": ({ session: current }) =>
          current.update((data) => {
            data.n = 1;
            current.data.m = 2;
          }),
      });
      await browser.get("/both");
      expect(await seen()).to.deep.equal({ n: 1, m: 2, begun: true });
    });

    it("works on a fresh session and saves it", async () => {
      await begin({ "/up": (ctx) => increment(ctx.session) });
      const stranger = new Browser(site);
      expect(setCookies(await stranger.get("/up"))).to.have.length(1);
      expect(await seen(stranger)).to.deep.equal({ n: 1 });
    });

    it("sees the pending changes of the handler, and keeps them", async () => {
      await begin({
        "/up": async (ctx) => {
          ctx.session.data.n = 10;
          ctx.session.data.pending = true;
          await increment(ctx.session);
          return ctx.session.data;
        },
      });
      const expected = { n: 11, begun: true, pending: true };
      expect(await (await browser.get("/up")).json()).to.deep.equal(expected);
      expect(await seen()).to.deep.equal(expected);
    });

    it("loses no change of parallel calls in one request", async () => {
      await begin({
        "/up": async (ctx) => {
          await Promise.all(Array.from({ length: 10 }, () => increment(ctx.session)));
        },
      });
      await browser.get("/up");
      expect(await seen()).to.deep.equal({ n: 10, begun: true });
    });

    it("keeps the changes that the handler makes while it runs", async () => {
      await begin({
        "/up": async (ctx) => {
          const updated = increment(ctx.session);
          ctx.session.data.meanwhile = true;
          await updated;
        },
      });
      await browser.get("/up");
      expect(await seen()).to.deep.equal({ n: 1, begun: true, meanwhile: true });
    });

    it("runs to its end before the response even if the handler does not await it", async () => {
      await begin({
        "/up": (ctx) => {
          void increment(ctx.session);
          void increment(ctx.session);
        },
      });
      await browser.get("/up");
      expect(await seen()).to.deep.equal({ n: 2, begun: true });
    });

    it("runs before a later destroy() even if the handler awaits neither", async () => {
      await begin({
        "/up": (ctx) => {
          void increment(ctx.session);
          void ctx.session.destroy();
        },
      });
      await browser.get("/up");
      expect(browser.cookie("session")).to.equal(undefined);
      expect(await seen()).to.deep.equal({ n: 0 });
    });

    it("starts a new session after destroy()", async () => {
      await begin({
        "/up": async (ctx) => {
          await ctx.session.destroy();
          await increment(ctx.session);
        },
      });
      await browser.get("/up");
      expect(await seen()).to.deep.equal({ n: 1 });
    });

    it("works before and after regenerate()", async () => {
      await begin({
        "/up": async (ctx) => {
          await increment(ctx.session);
          await ctx.session.regenerate();
          await increment(ctx.session);
        },
      });
      await browser.get("/up");
      expect(await seen()).to.deep.equal({ n: 2, begun: true });
    });

    for (const [what, change] of [
      [
        "throws",
        (data: { n: number }) => {
          data.n = 99;
          throw new Error("change");
        },
      ],
      [
        "is asynchronous",
        async (data: { n: number }) => {
          data.n = 99;
        },
      ],
      [
        "is asynchronous and throws",
        async (data: { n: number }) => {
          data.n = 99;
          throw new Error("change");
        },
      ],
    ] as const) {
      it(`changes nothing if its callback ${what}, and the next call works`, async () => {
        let failure: unknown;
        await begin({
          "/up": async (ctx) => {
            await ctx.session.update(change as never).catch((error: unknown) => {
              failure = error;
            });
            await increment(ctx.session);
            return ctx.session.data.n;
          },
        });
        expect(await (await browser.get("/up")).json()).to.equal(1);
        expect(failure).to.have.property(
          "message",
          what === "throws" ? "change" : "The callback of update() must be synchronous.",
        );
        expect(await seen()).to.deep.equal({ n: 1, begun: true });
      });
    }

    it("keeps the objects that it does not change, so later changes of them are saved", async () => {
      await begin({
        "/fill": (ctx) => {
          ctx.session.data.cart = ["book"];
        },
        "/up": async (ctx) => {
          const { cart } = ctx.session.data;
          await increment(ctx.session);
          cart.push("lamp");
        },
      });
      await browser.get("/fill");
      await browser.get("/up");
      expect((await seen()).cart).to.deep.equal(["book", "lamp"]);
    });

    // A store that merges changes does not count the order of keys as a change.
    const expectedOrder = name === "UnsafeMemoryStore" ? "b,a" : "a,b";
    it(`saves keys in the order ${expectedOrder}`, async () => {
      await begin({
        "/fill": (ctx) => {
          ctx.session.data.tabs = { b: 1, a: 2 };
        },
        "/up": (ctx) =>
          ctx.session.update((data) => {
            data.tabs = { a: 2, b: 1 };
          }),
      });
      await browser.get("/fill");
      await browser.get("/up");
      expect(Object.keys((await seen()).tabs).join()).to.equal(expectedOrder);
    });

    it("works on data that Object.seal() has sealed", async () => {
      await begin({
        "/up": async (ctx) => {
          ctx.session.data = Object.seal({ n: 5 });
          await increment(ctx.session);
        },
      });
      expect((await browser.get("/up")).status).to.equal(200);
      expect((await seen()).n).to.equal(6);
    });

    it("works on data that Object.freeze() has frozen", async () => {
      await begin({
        "/up": async (ctx) => {
          ctx.session.data = Object.freeze({ n: 5 });
          await increment(ctx.session);
          return ctx.session.data.n;
        },
      });
      expect(await (await browser.get("/up")).json()).to.equal(6);
      expect((await seen()).n).to.equal(6);
    });

    it("writes nothing when it changes nothing", async () => {
      await begin({ "/up": (ctx) => ctx.session.update(() => {}) });
      const response = await browser.get("/up");
      expect(setCookies(response)).to.deep.equal([]);
      expect(log.types).to.deep.equal([]);
    });
  });
}

describe("update() in an external store", () => {
  const log = new EventLog();
  const siteOf = (routes: Routes) =>
    app(
      { store: new UnsafeMemoryStore(), defaultSessionData: { n: 0 }, onEvent: log.onEvent },
      {
        "/": (ctx) => ctx.session.data,
        "/begin": (ctx) => {
          ctx.session.data.token = "once";
        },
        "/out": (ctx) => ctx.session.destroy(),
        ...routes,
      },
    );
  const begin = async (routes: Routes) => {
    const browser = new Browser(siteOf(routes));
    await browser.get("/begin");
    log.clear();
    return browser;
  };

  it("has committed its change when it resolves, even if the handler throws later", async () => {
    const browser = await begin({
      "/up": async (ctx) => {
        ctx.session.data.pending = true;
        await increment(ctx.session);
        throw new Error("handler");
      },
    });
    expect((await browser.get("/up")).status).to.equal(500);
    expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1, token: "once" });
  });

  it("lets exactly one of many parallel requests consume a token", async () => {
    const browser = await begin({
      "/consume": async (ctx) => {
        let consumed = false;
        await ctx.session.update((data) => {
          consumed = data.token === "once";
          delete data.token;
        });
        return consumed;
      },
    });
    const responses = await Promise.all(Array.from({ length: 20 }, () => browser.get("/consume")));
    const answers = await Promise.all(responses.map((response) => response.json()));
    expect(answers.filter(Boolean)).to.have.length(1);
    expect(await (await browser.get("/")).json()).to.deep.equal({ n: 0 });
  });

  it("loses no increment of many parallel requests", async () => {
    const allLoaded = new Deferred();
    let loaded = 0;
    const browser = await begin({
      "/up": async (ctx) => {
        if (++loaded === 20) allLoaded.resolve();
        await allLoaded.promise;
        await increment(ctx.session);
      },
    });
    await Promise.all(Array.from({ length: 20 }, () => browser.get("/up")));
    expect(await (await browser.get("/")).json()).to.include({ n: 20 });
    expect(log.types.filter((type) => type === "saved")).to.have.length(20);
    expect(log.types).to.include("merged");
  });

  it("fails if a parallel request ended the session, and does not restore the session", async () => {
    const gate = new Deferred();
    const arrived = new Deferred();
    const browser = await begin({
      "/up": async (ctx) => {
        void ctx.session.data;
        arrived.resolve();
        await gate.promise;
        await increment(ctx.session);
      },
    });
    const id = browser.cookie("session");
    const late = browser.get("/up");
    await arrived.promise;
    await browser.get("/out");
    gate.resolve();
    const response = await late;
    expect(response.status).to.equal(500);
    expect(setCookies(response)).to.deep.equal([]);
    expect(log.types).to.deep.equal(["destroyed", "gone"]);
    const replayed = await browser.get("/", { cookie: `session=${id}` });
    expect(await replayed.json()).to.deep.equal({ n: 0 });
  });

  it("differs from an ordinary change, which is dropped without an error if a parallel request ended the session", async () => {
    const gate = new Deferred();
    const arrived = new Deferred();
    const browser = await begin({
      "/change": async (ctx) => {
        ctx.session.data.n++;
        arrived.resolve();
        await gate.promise;
        return "done";
      },
    });
    const id = browser.cookie("session");
    const late = browser.get("/change");
    await arrived.promise;
    await browser.get("/out");
    gate.resolve();
    const response = await late;
    expect(await response.json()).to.equal("done");
    expect(setCookies(response)).to.deep.equal([]);
    expect(log.types).to.deep.equal(["destroyed", "gone"]);
    const replayed = await browser.get("/", { cookie: `session=${id}` });
    expect(await replayed.json()).to.deep.equal({ n: 0 });
  });
});
