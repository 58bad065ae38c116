import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createMiddleware } from "@hattip/adapter-node";
import { expect } from "chai";
import type { Browser as Chromium } from "playwright-core";
import {
  CookieStore,
  SessionError,
  UnsafeMemoryStore,
  type RejectionReason,
  type SessionOptions,
} from "../../lib/index.js";
import { app } from "../support/app.js";
import { makeCertificate, type Certificate } from "../support/certificate.js";
import { launchChromium } from "../support/chromium.js";
import { DemoServer } from "../support/demo-server.js";
import { Visitor } from "./visitor.js";

/** Seals every session into a value of the same length. */
class PaddedStore extends CookieStore {
  readonly #length: number;

  constructor(length: number) {
    super({});
    this.#length = length;
  }

  protected seal(): string {
    return "x".repeat(this.#length);
  }

  protected unseal(): RejectionReason {
    return "malformed";
  }
}

describe("Chromium", () => {
  let chromium: Chromium;
  let certificate: Certificate;
  const servers: Server[] = [];

  before(async () => {
    chromium = await launchChromium();
    certificate = await makeCertificate();
  });

  after(async () => {
    await chromium?.close();
    certificate?.remove();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Chromium's cookies after an https response with the session's Set-Cookie and these headers. */
  async function cookiesOf(options: Partial<SessionOptions>, ...headers: string[]) {
    const site = app(
      { store: new UnsafeMemoryStore(), defaultSessionData: {}, ...options },
      {
        "/": ({ session }) => {
          session.data["seen"] = true;
          const response = new Response("ok");
          for (const header of headers) response.headers.append("set-cookie", header);
          return response;
        },
      },
    );
    const tls = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) };
    const server = createServer(tls, createMiddleware(site)).listen(0, "localhost");
    servers.push(server);
    await once(server, "listening");
    const context = await chromium.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`https://localhost:${(server.address() as AddressInfo).port}/`);
    const cookies = await context.cookies();
    await context.close();
    return { errors: site.errors, cookies };
  }

  it("keeps the largest cookie that session() sends, and drops one that is a byte larger", async () => {
    const most = 4096 - "session".length;
    const { cookies } = await cookiesOf(
      { store: new PaddedStore(most) },
      `another=${"x".repeat(4096 - "another".length + 1)}; Path=/`,
    );
    expect(cookies.map(({ name, value }) => [name, value.length])).to.deep.equal([
      ["session", most],
    ]);

    const { errors, cookies: none } = await cookiesOf({ store: new PaddedStore(most + 1) });
    expect(none).to.deep.equal([]);
    expect(errors[0])
      .to.be.instanceOf(SessionError)
      .with.property("code", "ERR_SESSION_COOKIE_TOO_LARGE");
  });

  it("accepts a __Host- cookie with the default attributes, and rejects a Domain or a Path", async () => {
    const { cookies } = await cookiesOf(
      { cookieName: "__Host-session" },
      "__Host-other=x; Path=/; Secure; Domain=localhost",
      "__Host-path=x; Path=/there; Secure",
    );
    expect(cookies).to.have.length(1);
    const [{ value, expires, ...attributes } = { value: "", expires: 0 }] = cookies;
    expect(value).to.match(/^[\w-]{43}$/);
    expect(expires).to.be.closeTo(Date.now() / 1000 + 86_400, 60);
    expect(attributes).to.deep.equal({
      name: "__Host-session",
      domain: "localhost",
      path: "/",
      httpOnly: true,
      secure: true,
      sameSite: "Lax",
    });
  });

  for (const sameSite of ["Strict", "Lax", "None"] as const) {
    it(`accepts SameSite=${sameSite}`, async () => {
      const option = sameSite.toLowerCase() as Lowercase<typeof sameSite>;
      const { cookies } = await cookiesOf({ cookieOptions: { sameSite: option } });
      expect(cookies.map((cookie) => cookie.sameSite)).to.deep.equal([sameSite]);
    });
  }

  it("keeps the demo's sessions over https in a __Host- cookie", async () => {
    const demo = await DemoServer.start({ TLS_CERT: certificate.cert, TLS_KEY: certificate.key });
    try {
      const context = await chromium.newContext({ ignoreHTTPSErrors: true });
      const ada = new Visitor(await context.newPage(), `${demo.origin}/signed/day/`);
      await ada.visit();
      await ada.logIn("Ada");
      expect(await ada.heading.textContent()).to.equal("Hello, Ada");
      expect(await ada.cookie()).to.include({ name: "__Host-signed-day", secure: true });
      await ada.press("Tamper with the cookie");
      expect((await ada.events())[0]).to.equal("fresh tampered");
      await ada.logIn("Ada");
      await ada.press("Log out");
      expect(await ada.cookie()).to.equal(undefined);
      await context.close();
    } finally {
      await demo.stop();
    }
  });
});
