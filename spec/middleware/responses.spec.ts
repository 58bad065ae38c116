import { expect } from "chai";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SignedCookieStore, UnsafeMemoryStore } from "../../lib/index.js";
import { app, type App, type Routes } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { keys, stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

const STATUSES_WITHOUT_BODY = [204, 205, 304];

describe("The session cookie", () => {
  let upstream: Server;
  let upstreamUrl: string;
  let site: App;
  let browser: Browser;

  before(async () => {
    upstream = createServer((request, response) => {
      const status = Number(request.url!.slice(1));
      response.writeHead(status, "As Upstream Says", [
        ...["Set-Cookie", "a=1; Path=/", "Set-Cookie", "b=2; Path=/"],
        ...["X-Upstream", "yes", "Vary", "Accept"],
      ]);
      response.end(STATUSES_WITHOUT_BODY.includes(status) ? undefined : "from upstream");
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  });
  after(async () => {
    upstream.close();
    upstream.closeAllConnections();
    await once(upstream, "close");
  });

  const change = (response: () => Response | Promise<Response>): Routes[string] => {
    return (ctx) => {
      ctx.session.data.user = "ann";
      return response();
    };
  };

  beforeEach(() => {
    const proxied = async (status: number) =>
      fetch(`${upstreamUrl}/${status}`, { redirect: "manual" });
    site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: {} },
      {
        "/": (ctx) => ctx.session.data,
        "/redirect": change(() => Response.redirect("https://example.com/", 303)),
        "/thrown": (ctx) => {
          ctx.session.data.user = "ann";
          throw Response.redirect("https://example.com/", 303);
        },
        "/convertible": (ctx) => {
          ctx.session.data.user = "ann";
          throw { toResponse: () => Response.redirect("https://example.com/", 303) };
        },
        "/proxied": change(async () => proxied(200)),
        "/proxied-201": change(async () => proxied(201)),
        "/proxied-302": change(async () => proxied(302)),
        "/proxied-304": change(async () => proxied(304)),
        "/proxied-404": change(async () => proxied(404)),
        "/proxied-read": async (ctx) => {
          void ctx.session.data;
          return proxied(200);
        },
        "/proxied-untouched": async () => proxied(200),
        "/204": change(() => new Response(null, { status: 204 })),
        "/205": change(() => new Response(null, { status: 205 })),
        "/304": change(() => new Response(null, { status: 304, headers: { etag: '"1"' } })),
        "/404": change(() => new Response("none", { status: 404 })),
        "/stream": change(() => new Response(new Blob(["a stream"]).stream())),
        "/cookies": (ctx) => {
          ctx.session.data.user = "ann";
          ctx.setCookie("theme", "dark");
          const response = new Response("ok", { statusText: "Fine" });
          response.headers.append("set-cookie", "lang=en; Path=/");
          response.headers.append("set-cookie", "tz=UTC; Path=/");
          return response;
        },
      },
    );
    browser = new Browser(site);
  });

  const seen = async () => (await browser.get("/")).json();

  for (const path of ["/redirect", "/thrown", "/convertible"]) {
    it(`is added to a redirect with immutable headers: ${path}`, async () => {
      const response = await browser.get(path);
      expect(response.status).to.equal(303);
      expect(response.headers.get("location")).to.equal("https://example.com/");
      expect(await seen()).to.deep.equal({ user: "ann" });
      expect(site.errors).to.deep.equal([]);
    });
  }

  for (const [path, status] of [
    ["/proxied", 200],
    ["/proxied-201", 201],
    ["/proxied-302", 302],
    ["/proxied-304", 304],
    ["/proxied-404", 404],
  ] as const) {
    it(`is added to a proxied response, which keeps its status ${status}, headers and body`, async () => {
      const response = await browser.get(path);
      expect(response.status).to.equal(status);
      expect(response.statusText).to.equal("As Upstream Says");
      expect(response.headers.get("x-upstream")).to.equal("yes");
      expect(response.headers.get("vary")).to.equal("Accept, Cookie");
      expect(await response.text()).to.equal(status === 304 ? "" : "from upstream");
      expect(setCookies(response).map(({ name }) => name)).to.deep.equal(["a", "b", "session"]);
      expect(await seen()).to.deep.equal({ user: "ann" });
    });
  }

  it("is not added to a proxied response if the handler only reads the session, but Vary: Cookie is", async () => {
    const response = await browser.get("/proxied-read");
    expect(response.headers.get("vary")).to.equal("Accept, Cookie");
    expect(setCookies(response).map(({ name }) => name)).to.deep.equal(["a", "b"]);
    expect(await response.text()).to.equal("from upstream");
  });

  it("is not added to a proxied response if no handler uses the session", async () => {
    const response = await browser.get("/proxied-untouched");
    expect(response.headers.get("vary")).to.equal("Accept");
    expect(() => response.headers.set("x", "y")).to.throw(TypeError, /immutable/);
  });

  for (const path of ["/204", "/205", "/304"]) {
    it(`is added to a ${path.slice(1)} response, which keeps its null body`, async () => {
      const response = await browser.get(path);
      expect(response.status).to.equal(Number(path.slice(1)));
      expect(response.body).to.equal(null);
      expect(await seen()).to.deep.equal({ user: "ann" });
    });
  }

  for (const path of ["/404", "/stream"]) {
    it(`is added to a response with a body: ${path}`, async () => {
      const response = await browser.get(path);
      expect(await response.text()).to.equal(path === "/404" ? "none" : "a stream");
      expect(await seen()).to.deep.equal({ user: "ann" });
    });
  }

  it("is added to the response of a HEAD request", async () => {
    await browser.request("/404", { method: "HEAD" });
    expect(await seen()).to.deep.equal({ user: "ann" });
  });

  it("is added next to the cookies of the handler", async () => {
    const response = await browser.get("/cookies");
    const names = setCookies(response).map(({ name }) => name);
    expect(names).to.have.members(["lang", "tz", "session", "theme"]).and.have.length(4);
    expect(response.statusText).to.equal("Fine");
  });
});

it("The session cookie is never added to a Response object that the app reuses", async () => {
  // An app can return a Response object without a body many times. A cookie in that object would
  // reach every client.
  const constants: Record<string, Response> = {
    "/no-content": new Response(null, { status: 204 }),
    "/not-modified": new Response(null, { status: 304 }),
    "/home": new Response(null, { status: 303, headers: { location: "/" } }),
  };
  for (const [path, constant] of Object.entries(constants)) {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: {} },
      {
        [path]: () => constant,
        "/set": (ctx) => {
          ctx.session.data.user = "ann";
          return constant;
        },
      },
    );
    const first = await new Browser(site).get("/set");
    expect(setCookies(first)).to.have.length(1);
    const second = await new Browser(site).get(path);
    expect(setCookies(second)).to.deep.equal([]);
    const third = await new Browser(site).get("/set");
    expect(setCookies(third)).to.have.length(1);
  }
});

/** The response to a protocol switch. `new Response()` does not accept the status 101. */
class Upgrade extends Response {
  override get status(): number {
    return 101;
  }
}

for (const [kind, make] of [
  ["101", () => new Upgrade()],
  ["Response.error()", () => Response.error()],
] as const) {
  describe(`A response that cannot carry a cookie (${kind})`, () => {
    const log = new EventLog();
    const use =
      (change: Routes[string]): Routes[string] =>
      async (ctx) => {
        await change(ctx);
        sent = make();
        return sent;
      };
    const routes: Routes = {
      "/": (ctx) => ({ ...ctx.session.data }),
      "/begin": (ctx) => {
        ctx.session.data.n = 1;
      },
      "/untouched": use(() => {}),
      "/read": use((ctx) => ctx.session.data),
      "/change": use((ctx) => void ctx.session.data.n++),
      "/update": use((ctx) => ctx.session.update((data) => void data.n++)),
      "/regenerate": use((ctx) => ctx.session.regenerate()),
      "/destroy": use((ctx) => ctx.session.destroy()),
    };
    let sent: Response;

    async function visitor(store = stores["UnsafeMemoryStore"]!()) {
      const site = app({ store, defaultSessionData: { n: 0 }, onEvent: log.onEvent }, routes);
      const browser = new Browser(site);
      await browser.get("/begin");
      log.clear();
      return { site, browser };
    }

    for (const path of ["/untouched", "/read"]) {
      it(`passes through unchanged: ${path}`, async () => {
        for (const create of Object.values(stores)) {
          const { site, browser } = await visitor(create());
          const response = await browser.get(path);
          expect(response).to.equal(sent);
          expect([...response.headers]).to.deep.equal([]);
          expect(site.errors).to.deep.equal([]);
        }
      });
    }

    for (const path of ["/change", "/update"]) {
      it(`passes through after ${path} in an external store, because the client keeps its ID`, async () => {
        const { site, browser } = await visitor();
        const response = await browser.get(path);
        expect(response).to.equal(sent);
        expect(site.errors).to.deep.equal([]);
        expect(await (await browser.get("/")).json()).to.deep.equal({ n: 2 });
        expect(log.types).to.include("saved");
      });

      it(`becomes an error after ${path} in a cookie store, because the change would be lost`, async () => {
        for (const name of ["UnsignedCookieStore", "SignedCookieStore", "EncryptedCookieStore"]) {
          const { site, browser } = await visitor(stores[name]!());
          expect((await browser.get(path)).status).to.equal(500);
          expect(site.errors[0]).to.have.property("code", "ERR_SESSION_RESPONSE");
          expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
        }
      });
    }

    it("becomes an error after a new session, because the client would not get its ID", async () => {
      const { site } = await visitor();
      expect((await new Browser(site).get("/change")).status).to.equal(500);
      expect(site.errors[0]).to.have.property("code", "ERR_SESSION_RESPONSE");
      expect(log.types).to.not.include("saved");
    });

    it("becomes an error after regenerate(), and the error response carries the new ID", async () => {
      const { site, browser } = await visitor();
      const old = browser.cookie("session");
      const response = await browser.get("/regenerate");
      expect(response.status).to.equal(500);
      expect(site.errors[0]).to.have.property("code", "ERR_SESSION_RESPONSE");
      expect(setCookies(response)).to.have.length(1);
      expect(log.types).to.deep.equal(["regenerated"]);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 1 });
      const replayed = await new Browser(site).get("/", { cookie: `session=${old}` });
      expect(await replayed.json()).to.deep.equal({ n: 0 });
    });

    it("passes through after destroy() in an external store, which has ended the session", async () => {
      const { site, browser } = await visitor();
      expect(await browser.get("/destroy")).to.equal(sent);
      expect(site.errors).to.deep.equal([]);
      expect(log.types).to.deep.equal(["destroyed"]);
      expect(await (await browser.get("/")).json()).to.deep.equal({ n: 0 });
    });

    it("becomes an error after destroy() in a cookie store, and the error response clears the cookie", async () => {
      const { site, browser } = await visitor(new SignedCookieStore(keys));
      const response = await browser.get("/destroy");
      expect(response.status).to.equal(500);
      expect(site.errors[0]).to.have.property("code", "ERR_SESSION_RESPONSE");
      expect(setCookies(response)[0]!.attributes).to.include({ "max-age": "0" });
      expect(browser.cookie("session")).to.equal(undefined);
    });

    it("postpones a renewal to the next response", async () => {
      const clock = new Clock();
      try {
        const { browser } = await visitor();
        clock.pass(10_000);
        expect(await browser.get("/read")).to.equal(sent);
        expect(log.types).to.deep.equal([]);
        // A save must not renew here: the browser would drop the ID at the old expiry.
        expect(await browser.get("/change")).to.equal(sent);
        expect(log.types).to.deep.equal(["saved"]);
        expect(setCookies(await browser.get("/"))).to.have.length(1);
        expect(log.types).to.deep.equal(["saved", "renewed"]);
      } finally {
        clock.restore();
      }
    });
  });
}
