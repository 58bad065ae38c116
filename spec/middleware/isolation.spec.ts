import { expect } from "chai";
import {
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Session,
  type SessionData,
} from "../../lib/index.js";
import { app, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Deferred } from "../support/deferred.js";
import { stores } from "../support/middleware-stores.js";

for (const [name, create] of Object.entries(stores)) {
  describe(`With ${name}, session data`, () => {
    const kept: SessionData[] = [];
    const routes: Routes = {
      "/": (ctx) => ctx.session.data,
      "/begin": (ctx) => {
        ctx.session.data.list = [1];
      },
      "/keep": (ctx) => {
        kept.push(ctx.session.data);
        return ctx.session.data;
      },
    };
    const begin = async (more: Routes = {}) => {
      kept.length = 0;
      const site = app({ store: create(), defaultSessionData: {} }, { ...routes, ...more });
      const browser = new Browser(site);
      await browser.get("/begin");
      return { site, browser };
    };
    const seen = async (browser: Browser) => (await browser.get("/")).json();

    it("is a different object in each request, even of the same session", async () => {
      const { browser } = await begin();
      await Promise.all([browser.get("/keep"), browser.get("/keep")]);
      expect(kept[0]).to.deep.equal(kept[1]);
      expect(kept[0] === kept[1]).to.equal(false);
      expect(kept[0]!.list === kept[1]!.list).to.equal(false);
    });

    it("ignores changes that a handler makes after the response", async () => {
      const { browser } = await begin();
      await browser.get("/keep");
      kept[0]!.list.push(2);
      kept[0]!.user = "eve";
      expect(await seen(browser)).to.deep.equal({ list: [1] });
    });

    it("keeps no change of a handler that throws", async () => {
      const { browser } = await begin({
        "/fails": (ctx) => {
          ctx.session.data.list.push(2);
          throw new Error("handler");
        },
      });
      await browser.get("/fails");
      expect(await seen(browser)).to.deep.equal({ list: [1] });
    });

    it("ignores changes of the old data object after destroy()", async () => {
      const { browser } = await begin({
        "/out": async (ctx) => {
          const before = ctx.session.data;
          await ctx.session.destroy();
          before.user = "ann";
          ctx.session.data.message = "bye";
        },
      });
      await browser.get("/out");
      expect(await seen(browser)).to.deep.equal({ message: "bye" });
    });

    it("is a copy of the object that a handler assigned", async () => {
      const shared = { list: ["of the app"] };
      const { browser } = await begin({
        "/replace": (ctx) => {
          ctx.session.data = shared;
        },
        "/push": (ctx) => ctx.session.data.list.push("of a user"),
      });
      await browser.get("/replace");
      await browser.get("/push");
      expect(shared).to.deep.equal({ list: ["of the app"] });
    });

    it("is never visible to another visitor in a parallel request", async () => {
      const gate = new Deferred();
      const { site } = await begin({
        "/login": async (ctx) => {
          ctx.session.data.user = ctx.url.search;
          await gate.promise;
        },
      });
      const users = ["?ann", "?bob", "?eve"].map((query) => ({
        query,
        browser: new Browser(site),
      }));
      const logins = users.map(({ query, browser }) => browser.get(`/login${query}`));
      gate.resolve();
      await Promise.all(logins);
      for (const { query, browser } of users) {
        expect(await seen(browser)).to.deep.equal({ user: query });
      }
    });
  });
}

it("A change after regenerate() is not visible under the old ID", async () => {
  // The older package kept one live object under both IDs. An attacker who had planted the old ID
  // saw the login.
  const site = app(
    { store: new UnsafeMemoryStore(), defaultSessionData: {} },
    {
      "/": (ctx) => ctx.session.data,
      "/begin": (ctx) => {
        ctx.session.data.cart = ["book"];
      },
      "/login": async (ctx) => {
        const { data } = ctx.session;
        await ctx.session.regenerate();
        data.user = "victim";
      },
    },
  );
  const browser = new Browser(site);
  await browser.get("/begin");
  const planted = browser.cookie("session");
  await browser.get("/login");
  expect(await (await browser.get("/")).json()).to.deep.equal({ cart: ["book"], user: "victim" });
  const attacker = await new Browser(site).get("/", { cookie: `session=${planted}` });
  expect(await attacker.json()).to.deep.equal({});
});

describe("JSON that a client forged", () => {
  const now = Math.floor(Date.now() / 1000);
  const cookieOf = (text: string) =>
    `session=${Buffer.from(`1.${now}.${now + 3600}.${text}`).toString("base64url")}`;
  const site = app(
    { store: new UnsignedCookieStore(), defaultSessionData: {} },
    {
      "/": (ctx) => {
        const { data } = ctx.session;
        // Apps copy session data like this, because they expect a plain object.
        const copy = Object.assign({}, data, data.nested);
        return {
          isAdmin: (copy as SessionData).isAdmin ?? null,
          nestedIsAdmin: data.nested?.isAdmin ?? null,
          polluted: ({} as SessionData).isAdmin ?? null,
          keys: Object.keys(data),
          isPlain: Object.getPrototypeOf(data) === Object.prototype,
        };
      },
      "/change": (ctx) => {
        ctx.session.data.changed = true;
      },
      "/update": (ctx) =>
        ctx.session.update((data) => {
          data.changed = true;
        }),
    },
  );

  for (const text of [
    '{"__proto__":{"isAdmin":true}}',
    '{"\\u005f_proto__":{"isAdmin":true}}',
    '{"nested":{"__proto__":{"isAdmin":true}}}',
    '{"nested":{"__pr\\u006fto__":{"isAdmin":true}}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"__proto__":null}',
  ]) {
    it(`changes no prototype: ${text}`, async () => {
      const response = await new Browser(site).get("/", { cookie: cookieOf(text) });
      expect(response.status).to.equal(200);
      const found = await response.json();
      expect(found).to.include({ isAdmin: null, nestedIsAdmin: null, polluted: null });
      expect(found).to.include({ isPlain: true });
      expect(found.keys).to.not.include("__proto__");
    });

    it(`does not prevent a change of the session: ${text}`, async () => {
      for (const path of ["/change", "/update"]) {
        const response = await new Browser(site).get(path, { cookie: cookieOf(text) });
        expect(response.status).to.equal(200);
      }
      expect({}).to.not.have.property("isAdmin");
    });
  }
});

it("A key __proto__ that the app's own stringify and parse let through changes no prototype of a copy", async () => {
  const poisoned = '{"__proto__":{"isAdmin":true}}';
  let session: Session | undefined;
  const site = app(
    {
      store: new UnsafeMemoryStore({
        stringify: (data) => JSON.stringify(data),
        parse: JSON.parse,
      }),
      defaultSessionData: () => JSON.parse(poisoned) as SessionData,
    },
    {
      "/": (ctx) => {
        session = ctx.session;
        return session.data.isAdmin ?? "no";
      },
    },
  );
  const browser = new Browser(site);
  // The first visit has default data, the second one loads the session.
  for (const visit of ["first", "second"]) {
    expect(await (await browser.get("/")).json()).to.equal("no");
    expect(session!.data.isAdmin, `after the ${visit} response`).to.equal(undefined);
  }
});
