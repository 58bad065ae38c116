import { createServer } from "@hattip/adapter-node";
import { cookie } from "@hattip/cookie";
import { expect } from "chai";
import { once } from "node:events";
import type { Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { session } from "../../lib/index.js";
import { answer, appOf } from "../support/app.js";
import { stores } from "../support/middleware-stores.js";
import { setCookies } from "../support/set-cookie.js";

for (const [name, create] of Object.entries(stores)) {
  describe(`Over HTTP, with ${name},`, () => {
    let server: Server;
    let port: number;
    let cookieHeader: string;

    before(async () => {
      const site = appOf(
        cookie(),
        session({ store: create(), defaultSessionData: { hits: 0 } }),
        answer({
          "/": (ctx) => ({ ...ctx.session.data, isFresh: ctx.session.isFresh }),
          "/visit": (ctx) => ++ctx.session.data.hits,
          "/update": (ctx) => ctx.session.update((data) => void data.hits++),
          "/login": async (ctx) => {
            await ctx.session.regenerate();
            ctx.session.data.user = "ann";
            ctx.setCookie("theme", "dark");
            return new Response(null, { status: 303, headers: { location: "/" } });
          },
          "/away": (ctx) => {
            ctx.session.data.hits++;
            return Response.redirect("http://localhost/", 302);
          },
          "/proxied": async (ctx) => {
            ctx.session.data.hits++;
            return fetch(`http://127.0.0.1:${port}/elsewhere`);
          },
          "/elsewhere": () => new Response("elsewhere", { headers: { "x-from": "elsewhere" } }),
          "/fails": (ctx) => {
            ctx.session.data.hits = 99;
            throw new Error("handler");
          },
          "/big": (ctx) => {
            ctx.session.data.big = "x".repeat(70_000);
          },
          "/logout": (ctx) => ctx.session.destroy(),
        }),
      );
      server = createServer(site).listen(0, "127.0.0.1");
      await once(server, "listening");
      ({ port } = server.address() as AddressInfo);
    });
    after(async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    });
    beforeEach(() => {
      cookieHeader = "";
    });

    /** A minimal browser that keeps only the session cookie. */
    async function get(path: string, method = "GET"): Promise<Response> {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        redirect: "manual",
        headers: cookieHeader ? { cookie: cookieHeader } : {},
      });
      const sent = setCookies(response).find((candidate) => candidate.name === "session");
      if (sent?.attributes["max-age"] === "0") cookieHeader = "";
      else if (sent) cookieHeader = `session=${sent.value}`;
      return response;
    }
    const seen = async () => (await get("/")).json();

    it("a visitor returns, logs in, and logs out", async () => {
      const first = await get("/visit", "POST");
      expect(await first.json()).to.equal(1);
      const { "max-age": maxAge, ...attributes } = setCookies(first)[0]!.attributes;
      expect(Number(maxAge)).to.be.within(86_390, 86_400);
      expect(attributes).to.deep.equal({
        path: "/",
        httponly: true,
        samesite: "Lax", // not Secure, because this is a loopback address
      });
      expect(first.headers.get("cache-control")).to.equal("private");
      expect(first.headers.get("vary")).to.equal("Cookie");
      expect(await (await get("/visit")).json()).to.equal(2);
      await get("/update");

      const before = cookieHeader;
      const login = await get("/login", "POST");
      expect(login.status).to.equal(303);
      expect(setCookies(login).map((sent) => sent.name)).to.have.members(["session", "theme"]);
      expect(cookieHeader).to.not.equal(before);
      expect(await seen()).to.deep.equal({ hits: 3, user: "ann", isFresh: false });

      const logout = await get("/logout", "POST");
      expect(setCookies(logout)[0]!.attributes).to.include({ "max-age": "0", path: "/" });
      expect(await seen()).to.deep.equal({ hits: 0, isFresh: true });
      if (name !== "UnsafeMemoryStore") return;
      cookieHeader = before;
      expect(await seen()).to.deep.equal({ hits: 0, isFresh: true });
    });

    it("redirects and proxied responses carry the cookie", async () => {
      const away = await get("/away");
      expect(away.status).to.equal(302);
      expect(away.headers.get("location")).to.equal("http://localhost/");
      expect(await seen()).to.deep.include({ hits: 1 });
      const proxied = await get("/proxied");
      expect(await proxied.text()).to.equal("elsewhere");
      expect(proxied.headers.get("x-from")).to.equal("elsewhere");
      expect(await seen()).to.deep.include({ hits: 2 });
    });

    it("a handler that throws and a session that is too large change nothing", async () => {
      await get("/visit");
      for (const path of ["/fails", "/big"]) {
        const response = await get(path);
        expect(response.status).to.equal(500);
        expect(setCookies(response)).to.deep.equal([]);
      }
      expect(await seen()).to.deep.equal({ hits: 1, isFresh: false });
    });

    it("anonymous requests get no cookie", async () => {
      for (const [path, method] of [
        ["/", "GET"],
        ["/", "HEAD"],
        ["/elsewhere", "GET"],
        ["/", "OPTIONS"],
      ] as const) {
        const response = await get(path, method);
        expect(response.status).to.equal(200);
        expect(setCookies(response)).to.deep.equal([]);
      }
    });

    it("no bytes in a Cookie header cause a 500", async () => {
      const headers = [
        "session=\x80\xff\xfe",
        "session=%80%ff; session=%",
        "session=\t\x01x".replace("\x01", "\xa0"),
        "session==;;;=;session",
        `session="${"\\".repeat(50)}"`,
        `session=${"A".repeat(8000)}`,
        "session=eyJhIjoxfQ",
        "__proto__=1; session=__proto__",
        ";".repeat(2000),
      ];
      for (const header of headers) {
        const reply = await exchange(
          port,
          Buffer.from(
            `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: ${header}\r\n\r\n`,
            "latin1",
          ),
        );
        expect(reply)
          .to.match(/^HTTP\/1\.1 200 /)
          .and.match(/"hits":0/);
        expect(reply).to.not.match(/^set-cookie/im);
      }
    });
  });
}

/** Sends raw bytes, because HTTP clients refuse to send them. Resolves to the whole reply. */
async function exchange(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(bytes);
  let reply = "";
  for await (const chunk of socket) reply += String(chunk);
  return reply;
}
