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

/** A cookie value that any client can forge, because it is unsigned. */
function forgedPrefs(data: object): string {
  const now = Math.floor(Date.now() / 1000);
  const text = `1.${now}.${now + 3600}.${JSON.stringify(data)}`;
  return Buffer.from(text).toString("base64url");
}

describe("A nested session", () => {
  const auth = new EventLog();
  const prefs = new EventLog();
  let beforeNested: (current: Session) => unknown;
  let afterNested: (current: Session) => unknown;

  beforeEach(() => {
    auth.clear();
    prefs.clear();
    beforeNested = () => {};
    afterNested = () => {};
  });

  /** The outer session `auth` is signed. Any client can forge the nested session `prefs`. */
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
        await beforeNested(ctx.session);
        const response = await ctx.next();
        await afterNested(ctx.session);
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

  it("restores a foreign ctx.session, for example from the other build of this package", async () => {
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

  it("is visible to inner handlers only, and outer handlers see the outer session", async () => {
    const seen: Session[] = [];
    beforeNested = (current) => seen.push(current);
    afterNested = (current) => seen.push(current);
    const site = siteOf({ "/": (ctx) => void seen.push(ctx.session) });
    await new Browser(site).get("/");
    expect(seen).to.have.length(3);
    expect(seen[0] === seen[2]).to.equal(true);
    expect(seen[0] === seen[1]).to.equal(false);
  });

  it("restores the outer session even if a handler throws", async () => {
    const seen: Session[] = [];
    beforeNested = (current) => seen.push(current);
    afterNested = (current) => seen.push(current);
    const site = siteOf({
      "/": () => {
        throw new Error("handler");
      },
    });
    await new Browser(site).get("/");
    expect(seen[0] === seen[1]).to.equal(true);
  });

  it("commits only its own changes", async () => {
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
    it(`does not commit changes that an outer handler makes ${when} it`, async () => {
      const login = (current: Session) => {
        current.data.user = "ann";
      };
      if (when === "before") beforeNested = login;
      else afterNested = login;
      const site = siteOf({ "/": (ctx) => ctx.session.data });
      const browser = new Browser(site);
      const response = await browser.get("/");
      expect(await response.json()).to.deep.equal({});
      expect(cookieNames(response)).to.deep.equal(["auth"]);
    });
  }

  it("and the outer session are both committed, each to its own cookie", async () => {
    beforeNested = (current) => {
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

  it("never passes its data to the outer session", async () => {
    // The older package saved the data of the nested session in the outer session. A client that
    // forged `prefs` was logged in by `auth`.
    beforeNested = (current) => void current.data.user;
    const users: unknown[] = [];
    afterNested = (current) => users.push(current.data.user);
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

  it("cannot replace the outer session if a client swaps the cookies", async () => {
    const users: unknown[] = [];
    beforeNested = (current) => users.push(current.data.user);
    const site = siteOf({ "/": (ctx) => ctx.session.data });
    const browser = new Browser(site);
    browser.setCookie("auth", forgedPrefs({ user: "admin" }));
    await browser.get("/");
    expect(users).to.deep.equal([undefined]);
    expect(auth.events).to.deep.equal([{ type: "fresh", reason: "malformed" }]);
  });

  it("is destroyed without the outer session", async () => {
    beforeNested = (current) => {
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

  it("that cannot be saved also prevents the save of the outer session", async () => {
    beforeNested = (current) => {
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

  it("and the outer session can share a store, and neither finds the record of the other", async () => {
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

    // A value is invalid under the name of the other cookie.
    seen.length = 0;
    const swapped = `a=${browser.cookie("b")}; b=${browser.cookie("a")}`;
    await new Browser(site).get("/", { cookie: swapped });
    expect(seen).to.deep.equal([{}, {}]);
  });
});
