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
import { errorOf } from "../support/error-of.js";
import { setCookies } from "../support/set-cookie.js";

const store = new UnsafeMemoryStore();

describe("session()", () => {
  const cases: [string, unknown, RegExp][] = [
    ["a missing store", { store: undefined }, /option store/],
    ["null in place of a store", { store: null }, /option store/],
    ["a class in place of a store", { store: SignedCookieStore }, /option store/],
    ["the keys in place of a store", { store: [] }, /option store/],
    ["a store that lacks methods", { store: { load() {}, save() {} } }, /option store/],
    ["null as default data", { defaultSessionData: null }, /defaultSessionData/],
    ["an array as default data", { defaultSessionData: [] }, /defaultSessionData/],
    ["a string as default data", { defaultSessionData: "{}" }, /defaultSessionData/],
    ["default data that JSON omits", { defaultSessionData: { f() {} } }, /defaultSessionData/],
    ["default data that JSON changes", { defaultSessionData: { n: NaN } }, /defaultSessionData/],
    ["an idle timeout of 0", { idleTimeout: 0 }, /idleTimeout.*seconds/],
    ["an idle timeout below 0", { idleTimeout: -1 }, /idleTimeout/],
    ["an idle timeout with a fraction", { idleTimeout: 1.5 }, /idleTimeout.*whole/],
    ["an idle timeout that is NaN", { idleTimeout: NaN }, /idleTimeout/],
    ["an infinite idle timeout", { idleTimeout: Infinity }, /idleTimeout/],
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
      "an idle timeout over the absolute timeout",
      { idleTimeout: 61, absoluteTimeout: 60 },
      /idleTimeout.*absoluteTimeout/,
    ],
    [
      "an absolute timeout below the default idle timeout",
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
    ["a misspelt option", { onEvnt: {} }, /no option onEvnt.*SessionOptions/],
    ["an option name that every object inherits", { toString: 1 }, /no option toString.*SessionO/],
    ["maxAge", { maxAge: 600 }, /maxAge.*mean idleTimeout, in seconds/],
    ["ttl", { ttl: 600 }, /ttl.*mean idleTimeout, in seconds/],
    ["expires, an option of the older package", { expires: 600 }, /expires.*mean idleTimeout/],
    ["cookie", { cookie: { path: "/" } }, /cookie.*mean cookieOptions/],
    ["name", { name: "sid" }, /name.*mean cookieName/],
    ["defaultData", { defaultData: {} }, /defaultData.*mean defaultSessionData/],
    ["secret", { secret: "s" }, /secret.*keys of the store/],
    ["password", { password: "s" }, /password.*keys of the store/],
    ["rolling", { rolling: true }, /rolling.*mean renewAfter/],
    ["httpOnly", { httpOnly: true }, /httpOnly.*mean cookieOptions.httpOnly/],
    ["secure", { secure: true }, /secure.*mean cookieOptions.secure/],
    ["sameSite", { sameSite: "lax" }, /sameSite.*mean cookieOptions.sameSite/],
    ["the store itself", { storeProtocol: 1 }, /mean session\(\{ store \}\)/],
    ["cookieOptions.expires", { cookieOptions: { expires: 1 } }, /expires.*mean .*idleTimeout/],
    ["cookieOptions.name", { cookieOptions: { name: "a" } }, /name.*mean .*cookieName/],
  ];
  for (const [what, options, message] of cases) {
    it(`rejects ${what}`, () => {
      const error = errorOf({ store, defaultSessionData: {}, ...(options as object) });
      expect(error).to.be.an.instanceOf(TypeError);
      expect(error.message).to.match(message);
    });
  }

  for (const options of [undefined, null, "session"]) {
    it(`rejects ${JSON.stringify(options)} in place of options`, () => {
      const error = errorOf(options);
      expect(error).to.be.an.instanceOf(TypeError);
      expect(error.message).to.match(/session\(/);
    });
  }

  it("does not change its options, and ignores later changes of them", async () => {
    const cookieOptions: SessionOptions["cookieOptions"] = Object.freeze({ path: "/" });
    const defaultSessionData = { hits: 0 };
    const options = { store, cookieOptions, defaultSessionData, cookieName: "a" };
    const site = app(options, { "/": (ctx) => ++ctx.session.data.hits });
    options.cookieName = "b";
    const response = await new Browser(site).get("/");
    expect(setCookies(response)[0]).to.include({ name: "a" });
    expect(defaultSessionData).to.deep.equal({ hits: 0 });
  });

  it("does not mix the cookies of two middlewares that share one cookieOptions object", async () => {
    // In @fastify/session, the cookie options of one request leaked into all requests.
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
