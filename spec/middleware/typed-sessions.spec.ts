import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import type { RequestContext } from "@hattip/compose";
import {
  session,
  SignedCookieStore,
  UnsafeMemoryStore,
  type SessionMiddleware,
} from "../../lib/index.js";
import { answer, appOf, type App, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { expectUsageError } from "../support/expect-usage-error.js";
import { keys } from "../support/middleware-stores.js";

interface Login {
  userId?: string;
}
interface Shop {
  basket: string[];
}

describe("of(ctx) of a session()", () => {
  const login = session<Login>({ store: new UnsafeMemoryStore<Login>(), cookieName: "login" });
  const shop = session({
    store: new SignedCookieStore<Shop>(keys),
    cookieName: "shop",
    defaultSessionData: { basket: [] },
  });

  const siteOf = (outer: SessionMiddleware<any>, inner: SessionMiddleware<any>, routes: Routes) =>
    appOf(cookie(), outer, inner, answer(routes));

  const routes: Routes = {
    "/login": async (ctx) => {
      await login.of(ctx).regenerate();
      login.of(ctx).data.userId = "ada";
    },
    "/buy": (ctx) => void shop.of(ctx).data.basket.push("tea"),
    "/logout": (ctx) => login.of(ctx).destroy(),
    "/": (ctx) => [login.of(ctx).data, shop.of(ctx).data],
  };

  for (const [title, outer, inner] of [
    ["is the inner one", shop, login],
    ["is the outer one", login, shop],
  ] as const) {
    it(`returns its own session, wherever another one ${title}`, async () => {
      const browser = new Browser(siteOf(outer, inner, routes));
      for (const path of ["/login", "/buy"]) await browser.post(path);
      const both = [{ userId: "ada" }, { basket: ["tea"] }];
      expect(await (await browser.get("/")).json()).to.deep.equal(both);
      await browser.post("/logout");
      expect(await (await browser.get("/")).json()).to.deep.equal([{}, { basket: ["tea"] }]);
      expect(browser.cookie("login")).to.equal(undefined);
    });
  }

  it("returns ctx.session where there is only one", async () => {
    const site = appOf(cookie(), login, (ctx) => Response.json(login.of(ctx) === ctx.session));
    expect(await (await new Browser(site).get("/")).json()).to.equal(true);
  });

  it("keeps the sessions of concurrent requests apart", async () => {
    const site = siteOf(login, shop, routes);
    const browsers = Array.from({ length: 10 }, () => new Browser(site));
    const visit = async (browser: Browser, at: number) => {
      for (let count = 0; count < at; count++) await browser.post("/buy");
      const [, { basket }] = (await (await browser.get("/")).json()) as [Login, Shop];
      return basket.length;
    };
    const lengths = await Promise.all(browsers.map(visit));
    expect(lengths).to.deep.equal(browsers.map((_, at) => at));
  });

  it("answers while the body of the response is still streaming", async () => {
    const site = siteOf(login, shop, {
      ...routes,
      "/stream": (ctx) => {
        const seen = [login.of(ctx).data, shop.of(ctx).data];
        const body = new ReadableStream({
          async pull(controller) {
            await new Promise((resolve) => setTimeout(resolve, 10));
            // By now, ctx.session is no longer the inner session.
            const now = [login.of(ctx).data, shop.of(ctx).data];
            controller.enqueue(new TextEncoder().encode(JSON.stringify([seen, now])));
            controller.close();
          },
        });
        return new Response(body);
      },
    });
    const browser = new Browser(site);
    await browser.post("/login");
    const [seen, now] = (await (await browser.get("/stream")).json()) as unknown[];
    expect(seen).to.deep.equal([{ userId: "ada" }, { basket: [] }]);
    expect(now).to.deep.equal(seen);
  });

  // @hattip/graphql, for example, gives its resolvers a copy of ctx.
  for (const [how, copy] of Object.entries({
    "a copy": (ctx: RequestContext) => ({ ...ctx }),
    "an object that inherits from ctx": (ctx: RequestContext) => Object.create(ctx),
    "a Proxy": (ctx: RequestContext) => new Proxy(ctx, {}),
  })) {
    it(`answers for ${how} of the context`, async () => {
      const site = siteOf(login, shop, {
        ...routes,
        "/copied": (ctx) => [login.of(copy(ctx)).data, shop.of(copy(ctx)).data],
      });
      const browser = new Browser(site);
      await browser.post("/login");
      const both = [{ userId: "ada" }, { basket: [] }];
      expect(await (await browser.get("/copied")).json()).to.deep.equal(both);
    });
  }

  it("answers where the other build of this package has put another ctx.session", async () => {
    const site = appOf(
      cookie(),
      login,
      async (ctx) => {
        const outer = ctx.session;
        ctx.session = {} as typeof outer;
        const response = await ctx.next();
        ctx.session = outer;
        return response;
      },
      answer(routes),
    );
    const browser = new Browser(site);
    expect((await browser.post("/login")).status, String(site.errors[0])).to.equal(200);
    expect(browser.cookie("login")).to.be.a("string");
  });

  it("throws for a copy of the context if it is not one of the sessions there", async () => {
    const site = appOf(cookie(), login, (ctx) => Response.json(shop.of({ ...ctx }).data));
    expect((await new Browser(site).get("/")).status).to.equal(500);
    expectUsageError(site.errors[0], "has not run for this request");
  });

  it("answers in a middleware around it, when the response is there", async () => {
    let user: string | undefined;
    const site = appOf(
      cookie(),
      async (ctx) => {
        const response = await ctx.next();
        user = login.of(ctx).data.userId;
        return response;
      },
      login,
      answer(routes),
    );
    await new Browser(site).post("/login");
    expect(user).to.equal("ada");
  });

  describe("throws ERR_SESSION_USAGE, and says what to do,", () => {
    const fails = async (site: App) => {
      expect((await new Browser(site).get("/")).status).to.equal(500);
      expectUsageError(site.errors[0], "app.use()");
    };

    it("if the middleware is not used", async () => {
      await fails(appOf(cookie(), shop, (ctx) => Response.json(login.of(ctx).data)));
    });

    it("if the middleware comes later", async () => {
      await fails(appOf(cookie(), (ctx) => Response.json(login.of(ctx).data), login));
    });

    it("for anything but the context of a request", async () => {
      for (const wrong of [undefined, null, "ctx", {}, new Request("https://example.com/")]) {
        const call = () => login.of(wrong as RequestContext);
        expect(call).to.throw().with.property("code", "ERR_SESSION_USAGE");
      }
    });
  });
});
