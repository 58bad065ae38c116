import type { RequestContext } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import {
  session,
  SignedCookieStore,
  UnsafeMemoryStore,
  type SessionOptions,
} from "../../lib/index.js";
import { app, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { setCookies } from "../support/set-cookie.js";

const store = new UnsafeMemoryStore();

function refusalOf(options: unknown): Error {
  try {
    session(options as SessionOptions);
  } catch (error) {
    return error as Error;
  }
  throw new Error("session() took the options");
}

describe("The options of session()", () => {
  const cases: [string, unknown, RegExp][] = [
    ["a store that is missing", { store: undefined }, /option store/],
    ["a store that is null", { store: null }, /option store/],
    ["a class in place of a store", { store: SignedCookieStore }, /option store/],
    ["the keys in place of a store", { store: [] }, /option store/],
    ["half a store", { store: { load() {}, save() {} } }, /option store/],
    ["default data that are missing", { defaultSessionData: undefined }, /defaultSessionData/],
    ["default data that are null", { defaultSessionData: null }, /defaultSessionData/],
    ["default data that are an array", { defaultSessionData: [] }, /defaultSessionData/],
    ["default data that are a string", { defaultSessionData: "{}" }, /defaultSessionData/],
    ["default data that JSON drops", { defaultSessionData: { f() {} } }, /defaultSessionData/],
    ["default data that JSON bends", { defaultSessionData: { n: NaN } }, /defaultSessionData/],
    ["an idle timeout of 0", { idleTimeout: 0 }, /idleTimeout.*seconds/],
    ["an idle timeout below 0", { idleTimeout: -1 }, /idleTimeout/],
    ["an idle timeout with a fraction", { idleTimeout: 1.5 }, /idleTimeout.*whole/],
    ["an idle timeout that is NaN", { idleTimeout: NaN }, /idleTimeout/],
    ["an idle timeout without end", { idleTimeout: Infinity }, /idleTimeout/],
    ["an idle timeout that is a string", { idleTimeout: "60" }, /idleTimeout/],
    ["an idle timeout in milliseconds", { idleTimeout: 86_400_000_000 }, /idleTimeout/],
    ["a maxAge of 0", { cookieOptions: { maxAge: 0 } }, /cookieOptions\.maxAge/],
    ["a maxAge with a fraction", { cookieOptions: { maxAge: 0.5 } }, /cookieOptions\.maxAge/],
    [
      "a maxAge beside an idle timeout",
      { idleTimeout: 60, cookieOptions: { maxAge: 60 } },
      /maxAge.*idleTimeout/,
    ],
    ["an absolute timeout of 0", { absoluteTimeout: 0 }, /absoluteTimeout/],
    ["an absolute timeout with a fraction", { absoluteTimeout: 99_999.5 }, /absoluteTimeout/],
    [
      "an idle timeout over the absolute one",
      { idleTimeout: 61, absoluteTimeout: 60 },
      /idleTimeout.*absoluteTimeout/,
    ],
    [
      "a default idle timeout over the absolute one",
      { absoluteTimeout: 60 },
      /idleTimeout.*absoluteTimeout/,
    ],
    ["a negative renewAfter", { renewAfter: -1 }, /renewAfter/],
    ["a renewAfter with a fraction", { renewAfter: 0.1 }, /renewAfter/],
    [
      "a renewAfter over the idle timeout",
      { idleTimeout: 60, renewAfter: 61 },
      /renewAfter.*idleTimeout.*seconds/,
    ],
    ["a getSessionId that is no function", { getSessionId: "x-session" }, /getSessionId.*function/],
    ["a setSessionId that is no function", { setSessionId: true }, /setSessionId.*function/],
    ["an onEvent that is no function", { onEvent: {} }, /onEvent.*function/],
    ["an option of the older package", { expires: 600 }, /expires/],
    ["an option of another library", { secret: "s" }, /secret/],
    ["a misspelt option", { defaultData: {} }, /defaultData/],
  ];
  for (const [what, options, message] of cases) {
    it(`must not have ${what}`, () => {
      const refusal = refusalOf({ store, defaultSessionData: {}, ...(options as object) });
      expect(refusal).to.be.an.instanceOf(TypeError);
      expect(refusal.message).to.match(message);
    });
  }

  for (const options of [undefined, null, "session"]) {
    it(`must be there, and not ${JSON.stringify(options)}`, () => {
      const refusal = refusalOf(options);
      expect(refusal).to.be.an.instanceOf(TypeError);
      expect(refusal.message).to.match(/session\(/);
    });
  }

  it("are not changed, and later changes of them do nothing", async () => {
    const cookieOptions: SessionOptions["cookieOptions"] = Object.freeze({ path: "/" });
    const defaultSessionData = { hits: 0 };
    const options = { store, cookieOptions, defaultSessionData, cookieName: "a" };
    const site = app(options, { "/": (ctx) => ++ctx.session.data.hits });
    options.cookieName = "b";
    const response = await new Browser(site).get("/");
    expect(setCookies(response)[0]).to.include({ name: "a" });
    expect(defaultSessionData).to.deep.equal({ hits: 0 });
  });

  it("may be those of two middlewares without either changing the other's cookie", async () => {
    // In @fastify/session, one request's cookie options leaked into those of all.
    const cookieOptions = { path: "/a" };
    const sessions = ["one", "two"].map((cookieName) => {
      const lifetime = cookieName === "one" ? 60 : "browser";
      return [
        session({ store, defaultSessionData: {}, cookieName, cookieOptions }),
        (ctx: RequestContext) => void (ctx.session.lifetime = lifetime),
      ];
    });
    const site = appOf(cookie(), ...sessions.flat(), () => new Response());
    const given = setCookies(await new Browser(site).get("/a"));
    expect(given.map(({ name, attributes }) => [name, "max-age" in attributes])).to.deep.equal([
      ["two", false],
      ["one", true],
    ]);
    for (const { attributes } of given) expect(attributes["path"]).to.equal("/a");
    expect(cookieOptions).to.deep.equal({ path: "/a" });
  });
});
