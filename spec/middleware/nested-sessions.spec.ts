import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import {
  session,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type Session,
} from "../../lib/index.js";
import { answer, appOf, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { EventLog } from "../support/event-log.js";
import { keys } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

/** What anybody can write about themselves. */
function forgedPrefs(data: object): string {
  const now = Math.floor(Date.now() / 1000);
  const text = `1.${now}.${now + 3600}.${JSON.stringify(data)}`;
  return Buffer.from(text).toString("base64url");
}

describe("A session within a session", () => {
  const auth = new EventLog();
  const prefs = new EventLog();
  let outside: (current: Session) => unknown;
  let afterwards: (current: Session) => unknown;

  beforeEach(() => {
    auth.clear();
    prefs.clear();
    outside = () => {};
    afterwards = () => {};
  });

  /** `auth` is signed, `prefs` is anybody's to write. */
  const siteOf = (routes: Routes) =>
    appOf(
      cookie(),
      session({
        store: new SignedCookieStore(keys),
        defaultSessionData: {},
        cookieName: "auth",
        onEvent: auth.onEvent,
      }),
      async (ctx) => {
        await outside(ctx.session);
        const response = await ctx.next();
        await afterwards(ctx.session);
        return response;
      },
      session({
        store: new UnsignedCookieStore(),
        defaultSessionData: {},
        cookieName: "prefs",
        onEvent: prefs.onEvent,
      }),
      answer(routes),
    );
  it("gives back what somebody else has put there, such as the other build of this package", async () => {
    const foreign = {} as Session;
    let seen: unknown;
    const site = appOf(
      cookie(),
      async (ctx) => {
        ctx.session = foreign;
        const response = await ctx.next();
        seen = ctx.session;
        return response;
      },
      session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }),
      answer({ "/": (ctx) => ctx.session.isFresh }),
    );
    expect(await (await new Browser(site).get("/")).json()).to.equal(true);
    expect(seen).to.equal(foreign);
  });

  const cookieNames = (response: Response) => setCookies(response).map(({ name }) => name);

  it("is the one that the handlers inside see, and the outer one the others", async () => {
    const seen: Session[] = [];
    outside = (current) => seen.push(current);
    afterwards = (current) => seen.push(current);
    const site = siteOf({ "/": (ctx) => void seen.push(ctx.session) });
    await new Browser(site).get("/");
    expect(seen).to.have.length(3);
    expect(seen[0] === seen[2]).to.equal(true);
    expect(seen[0] === seen[1]).to.equal(false);
  });

  it("gives the outer one back even if a handler throws", async () => {
    const seen: Session[] = [];
    outside = (current) => seen.push(current);
    afterwards = (current) => seen.push(current);
    const site = siteOf({
      "/": () => {
        throw new Error("handler");
      },
    });
    await new Browser(site).get("/");
    expect(seen[0] === seen[1]).to.equal(true);
  });

  it("commits its own changes alone", async () => {
    const site = siteOf({
      "/": (ctx) => ctx.session.data,
      "/set": (ctx) => {
        ctx.session.data.theme = "dark";
      },
    });
    const browser = new Browser(site);
    expect(cookieNames(await browser.get("/set"))).to.deep.equal(["prefs"]);
    expect(auth.types).to.deep.equal([]);
    expect(prefs.types).to.deep.equal(["saved"]);
    expect(await (await browser.get("/")).json()).to.deep.equal({ theme: "dark" });
  });

  for (const when of ["before", "after"] as const) {
    it(`leaves what the outer one changed ${when} it to the outer one`, async () => {
      const login = (current: Session) => {
        current.data.user = "ann";
      };
      if (when === "before") outside = login;
      else afterwards = login;
      const site = siteOf({ "/": (ctx) => ctx.session.data });
      const browser = new Browser(site);
      const response = await browser.get("/");
      expect(await response.json()).to.deep.equal({});
      expect(cookieNames(response)).to.deep.equal(["auth"]);
    });
  }

  it("commits beside the outer one, each to its own cookie", async () => {
    outside = (current) => {
      current.data.user = "ann";
    };
    const site = siteOf({
      "/": (ctx) => {
        ctx.session.data.theme = "dark";
      },
    });
    const browser = new Browser(site);
    expect(cookieNames(await browser.get("/"))).to.deep.equal(["prefs", "auth"]);
    expect(auth.types).to.deep.equal(["saved"]);
    expect(prefs.types).to.deep.equal(["saved"]);
  });

  it("lends none of its data to the outer one, whoever wrote them", async () => {
    // In the older package the data of the inner session were saved in the outer one: who wrote
    // the one became the other.
    outside = (current) => void current.data.user;
    const users: unknown[] = [];
    afterwards = (current) => users.push(current.data.user);
    const site = siteOf({
      "/touch": (ctx) => {
        ctx.session.data.hits = 1;
      },
    });
    const browser = new Browser(site);
    browser.setCookie("prefs", forgedPrefs({ user: "admin" }));
    await browser.get("/touch");
    await browser.get("/touch");
    expect(users).to.deep.equal([undefined, undefined]);
    expect(browser.cookie("auth")).to.equal(undefined);
  });

  it("cannot stand in for the outer one when the cookies are swapped", async () => {
    const users: unknown[] = [];
    outside = (current) => users.push(current.data.user);
    const site = siteOf({ "/": (ctx) => ctx.session.data });
    const browser = new Browser(site);
    browser.setCookie("auth", forgedPrefs({ user: "admin" }));
    await browser.get("/");
    expect(users).to.deep.equal([undefined]);
    expect(auth.events).to.deep.equal([{ type: "fresh", reason: "malformed" }]);
  });

  it("is destroyed and regenerated alone", async () => {
    outside = (current) => {
      current.data.user = "ann";
    };
    const site = siteOf({
      "/set": (ctx) => {
        ctx.session.data.theme = "dark";
      },
      "/out": (ctx) => ctx.session.destroy(),
    });
    const browser = new Browser(site);
    await browser.get("/set");
    await browser.get("/out");
    expect(browser.cookie("prefs")).to.equal(undefined);
    expect(browser.cookie("auth")).to.be.a("string");
    expect(auth.types).to.not.include("destroyed");
  });

  it("that cannot be saved saves nothing of the outer one either, as any failure within", async () => {
    outside = (current) => {
      current.data.user = "ann";
    };
    const site = siteOf({
      "/": (ctx) => {
        ctx.session.data.big = 1n;
      },
    });
    const response = await new Browser(site).get("/");
    expect(response.status).to.equal(500);
    expect(cookieNames(response)).to.deep.equal([]);
    expect(auth.types).to.deep.equal([]);
  });

  it("may share its store with the outer one, in which neither finds the other's session", async () => {
    const store = new UnsafeMemoryStore();
    const options = { store, defaultSessionData: {} };
    const seen: unknown[] = [];
    const site = appOf(
      cookie(),
      session({ ...options, cookieName: "a" }),
      (ctx) => {
        seen.push({ ...ctx.session.data });
        ctx.session.data.is = "a";
      },
      session({ ...options, cookieName: "b" }),
      answer({
        "/": (ctx) => {
          seen.push({ ...ctx.session.data });
          ctx.session.data.is = "b";
        },
      }),
    );
    const browser = new Browser(site);
    await browser.get("/");
    await browser.get("/");
    expect(seen).to.deep.equal([{}, {}, { is: "a" }, { is: "b" }]);

    // The value of one cookie is worthless as that of the other.
    seen.length = 0;
    const swapped = `a=${browser.cookie("b")}; b=${browser.cookie("a")}`;
    await new Browser(site).get("/", { cookie: swapped });
    expect(seen).to.deep.equal([{}, {}]);
  });
});
