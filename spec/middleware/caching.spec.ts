import { expect } from "chai";
import { session, UnsafeMemoryStore } from "../../lib/index.js";
import { answer, app, appOf } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { stores } from "../support/middleware-stores.js";

describe("session()", () => {
  /** The response of a handler that uses the session in this way and sends these headers. */
  function responseWith(headers: HeadersInit, use: "changed" | "read" | "untouched") {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: { n: 0 } },
      {
        "/": (ctx) => {
          if (use === "changed") ctx.session.data.n++;
          if (use === "read") void ctx.session.data.n;
          return new Response("body", { headers });
        },
      },
    );
    return new Browser(site).get("/");
  }

  describe("on a response that sets the session cookie", () => {
    for (const [given, expected] of [
      [null, "private"],
      ["public", "private"],
      ["Public", "private"],
      ["public, max-age=60", "max-age=60, private"],
      ["max-age=60, public", "max-age=60, private"],
      ["s-maxage=600", "private"],
      ["max-age=60, S-MaxAge=600, must-revalidate", "max-age=60, must-revalidate, private"],
      ['s-maxage="600"', "private"],
      ["private", "private"],
      ["private, max-age=60", "private, max-age=60"],
      ["PRIVATE, public", "PRIVATE"],
      ["no-store", "no-store"],
      ["no-store, public", "no-store"],
      ["no-cache", "no-cache, private"],
      ["no-cache, no-transform, immutable", "no-cache, no-transform, immutable, private"],
      ['no-cache="Set-Cookie, X-A", public', 'no-cache="Set-Cookie, X-A", private'],
      // private="…" protects only the named headers. A shared cache can store the rest.
      ['private="X-Secret", public', 'private="X-Secret", private'],
      // These directives only resemble public and s-maxage.
      ["x-public, publicity", "x-public, publicity, private"],
      ["stale-while-revalidate=30", "stale-while-revalidate=30, private"],
      ['extension="public, s-maxage=5"', 'extension="public, s-maxage=5", private'],
      ["", "private"],
    ] as const) {
      it(`sends Cache-Control: ${expected} if the handler sets ${JSON.stringify(given)}`, async () => {
        // CVE-2025-48947 in nextjs-auth0: a CDN cached a session cookie and sent it to other users.
        const headers: HeadersInit = given === null ? {} : { "cache-control": given };
        const response = await responseWith(headers, "changed");
        expect(response.headers.getSetCookie()).to.have.length(1);
        expect(response.headers.get("cache-control")).to.equal(expected);
      });
    }

    for (const name of [
      "CDN-Cache-Control",
      "Cloudflare-CDN-Cache-Control",
      "Deno-CDN-Cache-Control",
      "Netlify-CDN-Cache-Control",
      "Vercel-CDN-Cache-Control",
      "Akamai-Cache-Control",
      "Edge-Control",
      "Surrogate-Control",
      "X-Accel-Expires",
      "X-LiteSpeed-Cache-Control",
    ]) {
      it(`removes ${name}, which only shared caches read`, async () => {
        const response = await responseWith({ [name]: "max-age=60" }, "changed");
        expect(response.headers.has(name)).to.equal(false);
      });
    }

    it("removes several of them at once", async () => {
      const headers = { "cdn-cache-control": "x", "edge-control": "x", "x-accel-expires": "1" };
      const response = await responseWith({ ...headers, etag: '"1"' }, "changed");
      for (const name of Object.keys(headers)) {
        expect(response.headers.has(name), name).to.equal(false);
      }
      expect(response.headers.get("etag")).to.equal('"1"');
    });

    it("does not change other headers", async () => {
      const headers = { etag: '"1"', age: "1", expires: "0", "x-custom": "yes" };
      const response = await responseWith(headers, "changed");
      for (const [name, value] of Object.entries(headers)) {
        expect(response.headers.get(name)).to.equal(value);
      }
    });

    it("sets the caching headers also if the response deletes the cookie", async () => {
      const site = app(
        { store: new UnsafeMemoryStore(), defaultSessionData: {} },
        {
          "/out": async (ctx) => {
            await ctx.session.destroy();
            return new Response("bye", { headers: { "cache-control": "public" } });
          },
        },
      );
      const response = await new Browser(site).get("/out", { cookie: "session=x" });
      expect(response.headers.get("cache-control")).to.equal("private");
      expect(response.headers.get("vary")).to.equal("Cookie");
    });
  });

  describe("on a response that sets no cookie", () => {
    for (const use of ["read", "untouched"] as const) {
      it(`does not change Cache-Control and CDN headers if the session was ${use}`, async () => {
        const headers = {
          "cache-control": "public, s-maxage=60",
          "cdn-cache-control": "max-age=1",
        };
        const response = await responseWith(headers, use);
        expect(response.headers.get("cache-control")).to.equal("public, s-maxage=60");
        expect(response.headers.get("cdn-cache-control")).to.equal("max-age=1");
      });
    }
  });

  describe("in the Vary header", () => {
    for (const [given, expected] of [
      [null, "Cookie"],
      ["Accept", "Accept, Cookie"],
      ["Accept, Accept-Encoding", "Accept, Accept-Encoding, Cookie"],
      ["Cookie", "Cookie"],
      ["cookie", "cookie"],
      ["Accept,COOKIE", "Accept,COOKIE"],
      ["*", "*"],
      ["X-Cookie", "X-Cookie, Cookie"],
      ["Cookie-Consent", "Cookie-Consent, Cookie"],
    ] as const) {
      for (const use of ["read", "changed"] as const) {
        it(`sends ${expected} if the handler sets ${given} and the session was ${use}`, async () => {
          const response = await responseWith(given === null ? {} : { vary: given }, use);
          expect(response.headers.get("vary")).to.equal(expected);
        });
      }
    }

    it("adds nothing if no handler used the session", async () => {
      expect((await responseWith({}, "untouched")).headers.has("vary")).to.equal(false);
      expect((await responseWith({ vary: "Accept" }, "untouched")).headers.get("vary")).to.equal(
        "Accept",
      );
    });

    // CVE-2023-30861 and GHSA-68rp-wp8r-4726 in Flask: some ways to use the session did not add
    // Vary: Cookie.
    for (const [name, create] of Object.entries(stores)) {
      const uses: Record<string, Parameters<typeof answer>[0][string]> = {
        "reading data": (ctx) => void ctx.session.data,
        "checking for a key": (ctx) => "user" in ctx.session.data,
        "listing the keys": (ctx) => Object.keys(ctx.session.data),
        "replacing data": (ctx) => void (ctx.session.data = {}),
        "reading isFresh": (ctx) => ctx.session.isFresh,
        "regenerate()": (ctx) => ctx.session.regenerate(),
        "destroy()": (ctx) => ctx.session.destroy(),
        "update()": (ctx) => ctx.session.update(() => {}),
        "reading data and throwing": (ctx) => {
          void ctx.session.data;
          throw new Error("handler");
        },
      };
      for (const [how, use] of Object.entries(uses)) {
        it(`names Cookie after ${how}, with ${name}`, async () => {
          const site = app(
            { store: create(), defaultSessionData: {} },
            {
              "/": use,
              "/begin": (ctx) => {
                ctx.session.data.user = "ann";
              },
            },
          );
          const browser = new Browser(site);
          expect((await browser.get("/")).headers.get("vary")).to.equal("Cookie");
          expect((await browser.get("/begin")).headers.get("vary")).to.equal("Cookie");
          expect((await browser.get("/")).headers.get("vary")).to.equal("Cookie");
        });
      }
    }

    it("does not name Cookie if getSessionId reads the ID from another header", async () => {
      const site = appOf(
        session({
          store: new UnsafeMemoryStore(),
          defaultSessionData: {},
          getSessionId: (ctx) => ctx.request.headers.get("authorization"),
        }),
        answer({
          "/look": (ctx) => ctx.session.data,
          "/set": (ctx) => {
            ctx.session.data.user = "ann";
          },
        }),
      );
      const browser = new Browser(site);
      expect((await browser.get("/look")).headers.has("vary")).to.equal(false);
      const response = await browser.get("/set");
      expect(response.headers.has("vary")).to.equal(false);
      expect(response.headers.get("cache-control")).to.equal("private");
    });
  });
});
