import { expect } from "chai";
import { createHash } from "node:crypto";
import { UnsafeMemoryStore, type Session } from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { stores } from "../support/middleware-stores.js";

const DAY = 86_400;

/** `id`, `created` and `expires` of a session. */
const facts = ({ id, created, expires }: Session): object => ({ id, created, expires });

for (const [name, create] of Object.entries(stores)) {
  describe(`A session in ${name}`, () => {
    let clock: Clock;
    const seen: Session[] = [];
    const site = () =>
      app(
        { store: create(), defaultSessionData: { visits: 0 }, idleTimeout: DAY },
        {
          "/": (ctx) => {
            seen.push(ctx.session);
            return facts(ctx.session);
          },
          "/visit": (ctx) => {
            const before = facts(ctx.session);
            ctx.session.data.visits++;
            return [before, facts(ctx.session)];
          },
          "/login": async (ctx) => {
            await ctx.session.regenerate();
            return facts(ctx.session);
          },
          "/update": async (ctx) => {
            await ctx.session.update((data) => data.visits++);
            return facts(ctx.session);
          },
          "/logout": async (ctx) => {
            await ctx.session.destroy();
            return facts(ctx.session);
          },
          "/week": (ctx) => {
            ctx.session.lifetime = 7 * DAY;
            return facts(ctx.session);
          },
        },
      );
    const says = async (browser: Browser, path = "/"): Promise<any> =>
      (await browser.get(path)).json();

    beforeEach(() => (clock = new Clock()));
    afterEach(() => clock.restore());

    it("has no id, created or expires while it is fresh, also when it is changed", async () => {
      const browser = new Browser(site());
      expect(await says(browser)).to.deep.equal({});
      expect(await says(browser, "/visit")).to.deep.equal([{}, {}]);
    });

    it("says when it was created and when it expires", async () => {
      const browser = new Browser(site());
      const created = clock.now;
      await says(browser, "/visit");
      clock.pass(60);
      expect(await says(browser)).to.include({ created, expires: created + DAY });
    });

    it("says a later expiry in the request that renews it, and the same creation", async () => {
      const browser = new Browser(site());
      const created = clock.now;
      await says(browser, "/visit");
      clock.pass(DAY / 2);
      const renewed = { created, expires: created + 1.5 * DAY };
      expect(await says(browser)).to.include(renewed);
      // The next renewal is not due yet: the record says so now.
      clock.pass(60);
      expect(await says(browser)).to.include(renewed);
    });

    it("says the expiry of its own lifetime, from the request that sets it", async () => {
      const browser = new Browser(site());
      await says(browser, "/visit");
      const expires = clock.now + 7 * DAY;
      expect(await says(browser, "/week")).to.include({ expires });
      expect(await says(browser)).to.include({ expires });
    });

    it("has been created anew after regenerate()", async () => {
      const browser = new Browser(site());
      await says(browser, "/visit");
      clock.pass(60);
      const before = await says(browser);
      const after = await says(browser, "/login");
      expect(after).to.include({ created: clock.now, expires: clock.now + DAY });
      expect(await says(browser)).to.deep.equal(after);
      if (before.id !== undefined) expect(after.id).to.not.equal(before.id);
    });

    it("is fresh after destroy()", async () => {
      const browser = new Browser(site());
      await says(browser, "/visit");
      expect(await says(browser, "/logout")).to.deep.equal({});
    });

    it("says the same after update()", async () => {
      const browser = new Browser(site());
      await says(browser, "/visit");
      const before = await says(browser);
      expect(await says(browser, "/update")).to.deep.equal(before);
    });

    it("says the same after the response", async () => {
      const browser = new Browser(site());
      await says(browser, "/visit");
      const before = await says(browser);
      expect(facts(seen.at(-1)!)).to.deep.include(before);
    });

    it("never says a later end than the absolute timeout of today", async () => {
      const store = create();
      const routes = { "/": (ctx: { session: Session }) => facts(ctx.session) };
      const visit = { "/visit": (ctx: { session: Session }) => void ctx.session.data.visits++ };
      const before = app(
        { store, idleTimeout: 10 * DAY, defaultSessionData: { visits: 0 } },
        visit,
      );
      const browser = new Browser(before);
      const created = clock.now;
      await browser.get("/visit");
      clock.pass(5 * DAY);
      const options = { store, idleTimeout: 7 * DAY, absoluteTimeout: 7 * DAY };
      const today = new Browser(app(options, routes), { jar: browser.jar });
      expect(await says(today)).to.include({ created, expires: created + 7 * DAY });
    });

    it("lets no handler change what it says", async () => {
      const changed = app(
        { store: create() },
        {
          "/": ({ session }) => {
            for (const property of ["id", "created", "expires", "isFresh"]) {
              // In sloppy mode, an assignment to a property without a setter is silent.
              // oxlint-disable-next-line typescript/no-implied-eval
              const assign = new Function("session", `session.${property} = 1`);
              expect(() => assign(session)).to.throw(TypeError, `ctx.session.data.${property}`);
            }
          },
        },
      );
      expect((await new Browser(changed).get("/")).status, String(changed.errors[0])).to.equal(200);
    });
  });
}

describe("The id of a session", () => {
  it("is the hash by which an external store knows it, not what the client holds", async () => {
    const store = new UnsafeMemoryStore({ prefix: "app:" });
    const site = app(
      { store, cookieName: "sid", defaultSessionData: { visits: 0 } },
      { "/": ({ session }) => [++session.data.visits, session.id ?? null] },
    );
    const browser = new Browser(site);
    await browser.get("/");
    const [, id] = (await (await browser.get("/")).json()) as [number, string];
    const held = browser.cookie("sid")!;
    const hash = createHash("sha256").update(`sid=${held}`).digest("base64url");
    expect(id).to.equal(hash).and.not.equal(held);
    const asId = await browser.get("/", { cookie: `sid=${id}` });
    expect(await asId.json(), "the id is no credential").to.deep.equal([1, null]);
  });

  it("is undefined in cookie stores, for all of which the client holds everything", async () => {
    for (const [name, create] of Object.entries(stores)) {
      if (name === "UnsafeMemoryStore") continue;
      const routes = { "/": ({ session }: { session: Session }) => [++session.data.n, session.id] };
      const browser = new Browser(app({ store: create(), defaultSessionData: { n: 0 } }, routes));
      await browser.get("/");
      expect(await (await browser.get("/")).json(), name).to.deep.equal([2, null]);
    }
  });
});

describe("A property that ctx.session does not have", () => {
  // In sloppy mode, an assignment that is not allowed is silent, unless a setter throws.
  // oxlint-disable-next-line typescript/no-implied-eval
  const assignSloppily = new Function("session", 'session.user = "ada"');
  const assignments: Record<string, (session: any) => unknown> = {
    "in strict mode": (session) => (session.user = "ada"),
    "in sloppy mode": (session) => assignSloppily(session),
    "by Object.assign()": (session) => Object.assign(session, { user: "ada" }),
    "by Reflect.set()": (session) => Reflect.set(session, "user", "ada"),
  };
  for (const [how, assign] of Object.entries(assignments)) {
    it(`cannot be assigned ${how}: the error names ctx.session.data.user`, async () => {
      const site = app({ store: new UnsafeMemoryStore() }, { "/": (ctx) => assign(ctx.session) });
      const response = await new Browser(site).post("/");
      expect(response.status).to.equal(500);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(site.errors[0]).to.be.instanceOf(TypeError);
      expect(String(site.errors[0])).to.include("ctx.session.data.user");
    });
  }

  it("is undefined when it is read", async () => {
    const routes = {
      "/": ({ session }: any) => [
        "user" in session,
        session.user ?? null,
        `${session}`,
        session instanceof Object,
      ],
    };
    const site = app({ store: new UnsafeMemoryStore() }, routes);
    const expected = [false, null, "[object Object]", true];
    expect(await (await new Browser(site).get("/")).json()).to.deep.equal(expected);
  });
});
