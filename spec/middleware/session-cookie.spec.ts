import { expect } from "chai";
import {
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type SessionCookieOptions,
  type SessionOptions,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { errorOf } from "../support/error-of.js";
import { setCookies, type ParsedSetCookie } from "../support/set-cookie.js";

const store = new UnsafeMemoryStore();

async function cookieSetBy(
  cookieOptions: SessionCookieOptions | undefined,
  origin = "https://example.com",
  cookieName = "session",
): Promise<ParsedSetCookie> {
  const site = app(
    { store, cookieName, cookieOptions, defaultSessionData: {} },
    {
      "/in": (ctx) => {
        ctx.session.data.user = "ann";
      },
      "/out": (ctx) => ctx.session.destroy(),
    },
  );
  const response = await new Browser(site, { origin }).get("/in");
  expect(response.status).to.equal(200);
  const [cookie, ...others] = setCookies(response);
  expect(others).to.deep.equal([]);

  // The deleting Set-Cookie needs the same attributes. Otherwise browsers keep the session cookie.
  const cleared = await new Browser(site, { origin }).get("/out", {
    cookie: `${cookie!.name}=${cookie!.value}`,
  });
  const [deletion] = setCookies(cleared);
  const { "max-age": maxAge, ...attributes } = cookie!.attributes;
  // The next second can begin between the computation of the expiry and of Max-Age.
  expect(maxAge).to.be.oneOf(["86399", "86400"]);
  expect(deletion).to.deep.equal({
    name: cookie!.name,
    value: "",
    attributes: { ...attributes, "max-age": "0", expires: "Thu, 01 Jan 1970 00:00:00 GMT" },
  });
  return { ...cookie!, attributes };
}

const DEFAULTS = { path: "/", httponly: true, samesite: "Lax" };

describe("The session cookie", () => {
  it("is HttpOnly, SameSite=Lax and Secure, with Path=/", async () => {
    const { name, value, attributes } = await cookieSetBy(undefined);
    expect(name).to.equal("session");
    expect(value).to.match(/^[\w-]{43}$/);
    expect(attributes).to.deep.equal({ ...DEFAULTS, secure: true });
  });

  for (const [options, expected] of [
    [{ path: "/app" }, { path: "/app" }],
    [{ path: "/a b!~:<" }, { path: "/a b!~:<" }],
    [{ domain: "example.com" }, { domain: "example.com" }],
    [{ domain: ".example.com" }, { domain: ".example.com" }],
    [{ httpOnly: true }, {}],
    [{ sameSite: "strict" }, { samesite: "Strict" }],
    [{ sameSite: true }, { samesite: "Strict" }],
    [{ sameSite: "lax" }, {}],
    [{ sameSite: "none" }, { samesite: "None" }],
    [{ secure: true }, {}],
    [{ partitioned: true }, { partitioned: true }],
    [{ partitioned: false }, {}],
    [{ priority: "low" }, { priority: "low" }],
    [{ priority: "medium" }, { priority: "medium" }],
    [{ priority: "high" }, { priority: "high" }],
  ] as [SessionCookieOptions, ParsedSetCookie["attributes"]][]) {
    it(`accepts the options ${JSON.stringify(options)}`, async () => {
      const { attributes } = await cookieSetBy(options);
      expect(attributes).to.deep.equal({ ...DEFAULTS, secure: true, ...expected });
    });
  }

  it("has no HttpOnly, SameSite and Secure if the options turn them off", async () => {
    const options = { httpOnly: false, sameSite: false, secure: false };
    expect((await cookieSetBy(options)).attributes).to.deep.equal({ path: "/" });
  });

  for (const origin of [
    "http://localhost",
    "http://localhost:3000",
    "http://app.localhost:3000",
    "http://127.0.0.1:8080",
    "http://127.1.2.3",
    "http://[::1]:3000",
  ]) {
    it(`is not Secure on ${origin}, because some browsers would reject it`, async () => {
      expect((await cookieSetBy({}, origin)).attributes).to.deep.equal(DEFAULTS);
      expect((await cookieSetBy({ secure: true }, origin)).attributes).to.have.property("secure");
    });

    it(`is Secure even on ${origin} if browsers would reject it otherwise`, async () => {
      for (const [options, name] of [
        [{ sameSite: "none" }, "session"],
        [{ partitioned: true }, "session"],
        [{}, "__Host-session"],
        [{}, "__Secure-session"],
      ] as const) {
        expect((await cookieSetBy(options, origin, name)).attributes).to.have.property("secure");
      }
    });
  }

  for (const origin of [
    "http://example.com",
    "http://localhost.example.com",
    "http://mylocalhost",
    "http://127.0.0.1.example.com",
    "http://128.0.0.1",
    "http://[::2]",
    "https://localhost",
  ]) {
    it(`is Secure on ${origin}`, async () => {
      expect((await cookieSetBy({}, origin)).attributes).to.have.property("secure", true);
    });
  }

  it("is Secure if only the path looks like a loopback address", async () => {
    const site = app(
      { store, defaultSessionData: {} },
      {
        "/http://localhost/": (ctx) => {
          ctx.session.data.user = "ann";
        },
      },
    );
    const response = await new Browser(site).get("/http://localhost/");
    expect(setCookies(response)[0]!.attributes).to.have.property("secure");
  });

  describe("with wrong options", () => {
    const long = `/${"x".repeat(1024)}`;
    const cases: [string, Partial<SessionOptions>, RegExp][] = [
      ["an empty name", { cookieName: "" }, /cookieName/],
      ["a name with a space", { cookieName: "my session" }, /cookieName/],
      ["a name with =", { cookieName: "a=b" }, /cookieName/],
      ["a name with ;", { cookieName: "session; Domain=example.org" }, /cookieName/],
      ["a name with a comma", { cookieName: "a,b" }, /cookieName/],
      ["a name with quotes", { cookieName: '"a"' }, /cookieName/],
      ["a name with a line feed", { cookieName: "a\nb" }, /cookieName/],
      ["a name with a line feed at the end", { cookieName: "a\n" }, /cookieName/],
      ["a name with non-ASCII characters", { cookieName: "sesión" }, /cookieName/],
      ["a name that is too long", { cookieName: "x".repeat(1025) }, /cookieName/],
      ["a name that is no string", { cookieName: 7 as never }, /cookieName/],
      ["a path with ;", { cookieOptions: { path: "/; Domain=example.org" } }, /path/],
      ["a path with a line feed", { cookieOptions: { path: "/\n" } }, /path/],
      ["a path with CR LF", { cookieOptions: { path: "/a\r\nX-Injected: 1" } }, /path/],
      ["a path with non-ASCII characters", { cookieOptions: { path: "/ä" } }, /path/],
      ["a relative path", { cookieOptions: { path: "app" } }, /path/],
      ["an empty path", { cookieOptions: { path: "" } }, /path/],
      ["a path over 1024 bytes", { cookieOptions: { path: long } }, /path.*1024/],
      ["a path that is no string", { cookieOptions: { path: 1 as never } }, /path/],
      ["a domain with ;", { cookieOptions: { domain: "a.example; Path=/" } }, /domain/],
      ["a domain with a line feed", { cookieOptions: { domain: "a.example\n" } }, /domain/],
      ["a domain that is a URL", { cookieOptions: { domain: "https://a.example" } }, /domain/],
      ["a domain with a port", { cookieOptions: { domain: "a.example:80" } }, /domain/],
      ["an empty domain", { cookieOptions: { domain: "" } }, /domain/],
      ["a domain over 1024 bytes", { cookieOptions: { domain: "a".repeat(1025) } }, /domain.*1024/],
      ["__Host- with a domain", named("__Host-a", { domain: "example.com" }), /__Host-.*domain/],
      ["__host- with a domain", named("__host-a", { domain: "example.com" }), /__Host-.*domain/],
      ["__Host- with a path", named("__Host-a", { path: "/app" }), /__Host-.*path/],
      ["__Host- without Secure", named("__Host-a", { secure: false }), /__Host-a.*secure/],
      ["__Secure- without Secure", named("__Secure-a", { secure: false }), /__Secure-a.*secure/],
      ["__Http- without Secure", named("__Http-a", { secure: false }), /__Http-a.*secure/],
      ["__Http- without HttpOnly", named("__Http-a", { httpOnly: false }), /__Http-a.*httpOnly/],
      ["__Host-Http- without HttpOnly", named("__Host-Http-a", { httpOnly: false }), /httpOnly/],
      ["__Host-Http- with a path", named("__Host-Http-a", { path: "/app" }), /__Host-.*path/],
      ["SameSite=None without Secure", insecure({ sameSite: "none" }), /sameSite.*secure/],
      ["Partitioned without Secure", insecure({ partitioned: true }), /partitioned.*secure/],
      ["an unknown sameSite", { cookieOptions: { sameSite: "loose" as never } }, /sameSite/],
      ["a number as sameSite", { cookieOptions: { sameSite: 5 as never } }, /sameSite/],
      ["an array as sameSite", { cookieOptions: { sameSite: ["lax"] as never } }, /sameSite/],
      ["null as sameSite", { cookieOptions: { sameSite: null as never } }, /sameSite/],
      ["an unknown priority", { cookieOptions: { priority: "highest" as never } }, /priority/],
      ["a string as secure", { cookieOptions: { secure: "auto" as never } }, /secure/],
      ["a number as httpOnly", { cookieOptions: { httpOnly: 0 as never } }, /httpOnly/],
      ["null as partitioned", { cookieOptions: { partitioned: null as never } }, /partition/],
      ["the option expires", { cookieOptions: { expires: new Date() } as never }, /expires/],
      ["a misspelt option", { cookieOptions: { samesite: "lax" } as never }, /samesite/],
      ["the option encode", { cookieOptions: { encode: String } as never }, /encode/],
      ["null as cookieOptions", { cookieOptions: null as never }, /cookieOptions/],
      ["a string as cookieOptions", { cookieOptions: "secure" as never }, /cookieOptions/],
    ];
    for (const [what, options, message] of cases) {
      it(`makes session() throw a TypeError for ${what}`, () => {
        const error = errorOf({ store, defaultSessionData: {}, ...options });
        expect(error).to.be.an.instanceOf(TypeError);
        expect(error.message).to.match(message);
      });
    }
  });

  it("can have 4096 bytes, but not more", async () => {
    // Each byte adds one or two characters of base64url. The length of the name makes up for that.
    const site = (cookieName: string) =>
      app(
        { store: new UnsignedCookieStore(), cookieName, defaultSessionData: {} },
        {
          "/": (ctx) => {
            ctx.session.data.text = "x".repeat(3000);
          },
        },
      );
    const [probe] = setCookies(await new Browser(site("s")).get("/"));
    const fits = "s".repeat(4096 - probe!.value.length);

    const browser = new Browser(site(fits));
    const response = await browser.get("/");
    expect(response.status).to.equal(200);
    const [cookie] = setCookies(response);
    expect(cookie!.name.length + cookie!.value.length).to.equal(4096);
    expect(browser.cookie(fits)).to.equal(cookie!.value);

    const tooLarge = site(`${fits}s`);
    const rejected = await new Browser(tooLarge).get("/");
    expect(rejected.status).to.equal(500);
    expect(rejected.headers.getSetCookie()).to.deep.equal([]);
    expect(tooLarge.errors).to.have.length(1);
    expect(tooLarge.errors[0]).to.include({
      name: "SessionError",
      code: "ERR_SESSION_COOKIE_TOO_LARGE",
    });
    expect(String(tooLarge.errors[0]))
      .to.match(/4097 bytes/)
      .and.not.match(/xxx/);
  });

  it("is cleared by destroy() even if the next session is too large", async () => {
    const site = app(
      { store: new UnsignedCookieStore(), defaultSessionData: {} },
      {
        "/login": (ctx) => {
          ctx.session.data.user = "ann";
        },
        "/logout": async (ctx) => {
          await ctx.session.destroy();
          ctx.session.data.message = "x".repeat(5000);
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/login");
    const response = await browser.get("/logout");
    expect(response.status).to.equal(500);
    expect(site.errors[0]).to.have.property("code", "ERR_SESSION_COOKIE_TOO_LARGE");
    expect(browser.cookie("session")).to.equal(undefined);
  });

  it("that is too large does not change the existing session", async () => {
    const site = app(
      { store: new UnsignedCookieStore(), defaultSessionData: { text: "" } },
      {
        "/": (ctx) => ctx.session.data.text,
        "/small": (ctx) => {
          ctx.session.data.text = "small";
        },
        "/big": (ctx) => {
          ctx.session.data.text = "x".repeat(5000);
        },
      },
    );
    const browser = new Browser(site);
    await browser.get("/small");
    expect((await browser.get("/big")).status).to.equal(500);
    expect(await (await browser.get("/")).json()).to.equal("small");
  });
});

function named(cookieName: string, cookieOptions: SessionCookieOptions): Partial<SessionOptions> {
  return { cookieName, cookieOptions };
}

function insecure(cookieOptions: SessionCookieOptions): Partial<SessionOptions> {
  return { cookieOptions: { secure: false, ...cookieOptions } };
}
