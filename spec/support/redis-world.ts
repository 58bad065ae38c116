import { expect } from "chai";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { RedisSessionStore, SessionError, type RedisClient } from "../../lib/index.js";
import { app, type App } from "./app.js";
import { Browser } from "./browser.js";
import type { RedisDeployment } from "./redis-deployments.js";
import { RedisServer } from "./redis-server.js";
import { TcpProxy } from "./tcp-proxy.js";
import { waitUntil } from "./wait-until.js";

/** Session data that no error may contain. */
export const SECRET = "a secret of the user";

/** Short enough for a spec to wait for it. */
const TIMEOUT = 4;
/** A refusal by the server must not take as long as a timeout. */
const MAX_BOUND = 10;

export interface RedisWorldOptions {
  /** Additional arguments of redis-server. */
  args?: string[];
  /** The timeout of the store, in seconds. Default: 4. */
  timeout?: number;
}

/** An app, its Redis server, and a network between them that specs can make fail. */
export class RedisWorld {
  readonly server: RedisServer;
  readonly proxy: TcpProxy;
  readonly store: RedisSessionStore;
  readonly app: App;
  readonly browser: Browser;
  /** A request that needs the store is answered within this many seconds. */
  readonly bound: number;
  /** `/visit/broken` and `/count` run this between loading and saving the session. */
  meanwhile: () => unknown = () => {};

  static async start(
    create: (deployment: RedisDeployment) => RedisClient | Promise<RedisClient>,
    { args = [], timeout = TIMEOUT }: RedisWorldOptions = {},
  ): Promise<RedisWorld> {
    const server = await RedisServer.start(...args);
    return new RedisWorld(server, await TcpProxy.to(server.port), create, timeout);
  }

  private constructor(
    server: RedisServer,
    proxy: TcpProxy,
    create: (deployment: RedisDeployment) => RedisClient | Promise<RedisClient>,
    timeout: number,
  ) {
    this.bound = Math.min(2 * timeout + 2, MAX_BOUND);
    this.server = server;
    this.proxy = proxy;
    const proxied = { url: `redis://127.0.0.1:${proxy.port}`, port: proxy.port } as RedisServer;
    const getClient = () => create({ nodes: [proxied], stop: async () => {} });
    this.store = new RedisSessionStore({ getClient, timeout });
    const visit = ({ session: { data } }: { session: { data: Record<string, any> } }) => {
      data.secret = SECRET;
      return (data.hits = (data.hits ?? 0) + 1);
    };
    this.app = app(
      { store: this.store, defaultSessionData: {} },
      {
        "/static": () => "static",
        "/": (ctx) => ctx.session.data,
        "/visit": visit,
        "/visit/broken": async (ctx) => {
          const hits = visit(ctx);
          await this.meanwhile();
          return hits;
        },
        "/count": async (ctx) => {
          await this.meanwhile();
          await ctx.session.update((data) => (data.count = (data.count ?? 0) + 1));
        },
        "/logout": (ctx) => ctx.session.destroy(),
      },
    );
    this.browser = new Browser(this.app);
  }

  async stop(): Promise<void> {
    await this.store.close();
    await this.proxy.close();
    this.server.resume();
    await this.server.stop();
  }

  /**
   * Visits until a visit succeeds, because a client may be reconnecting. Returns
   * the number of hits.
   */
  async visit(): Promise<number> {
    let response = await this.browser.post("/visit");
    await waitUntil("a successful visit", async () => {
      if (response.status !== 200) response = await this.browser.post("/visit");
      return response.status === 200;
    });
    return response.json();
  }

  /** Asserts that routes without the session still answer. */
  async assertServesWithoutSession(): Promise<void> {
    const response = await this.browser.get("/static");
    expect(response.status).to.equal(200);
    expect(response.headers.getSetCookie()).to.deep.equal([]);
  }

  /** Asserts that a request that needs the session fails in time and clears no cookie. */
  async assertFails(path: string): Promise<SessionError> {
    // Both sides of this race are timers. Timers keep their order even on a slow machine.
    const late = sleep(this.bound * 1000, null, { ref: false });
    const response = await Promise.race([this.browser.post(path), late]);
    expect(response, `the response within ${this.bound} s`).to.not.equal(null);
    assert(response);
    expect(response.status).to.equal(500);
    expect(response.headers.getSetCookie()).to.deep.equal([]);
    const error = this.app.errors.at(-1) as SessionError;
    expect(error, inspect(error)).to.be.an.instanceOf(SessionError);
    expect(error.code).to.equal("ERR_SESSION_STORE");
    this.assertTellsNothing(error);
    return error;
  }

  /** Asserts that no part of the error contains the session ID, a key or session data. */
  assertTellsNothing(error: unknown): void {
    const text = inspect(error, { depth: Infinity, showHidden: true });
    expect(text).to.not.include(SECRET);
    expect(text).to.not.include("session:");
    const id = this.browser.cookie("session");
    if (id !== undefined) expect(text).to.not.include(id);
  }

  /** Waits until the session can be loaded again, and returns its data. */
  async recovery(): Promise<{ hits?: number }> {
    await waitUntil("the recovery of the session", async () => {
      return (await this.browser.get("/")).status === 200;
    });
    return (await this.browser.get("/")).json();
  }
}
