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

/** What no error may tell. */
export const SECRET = "a secret of the user";
/** Seconds: the time-out of the store. */
export const TIMEOUT = 2;
/**
 * Seconds: the time within which a request that needs the store is
 * answered, with what else it does.
 */
export const BOUND = TIMEOUT + 2;

/** An app, its Redis, and a network between them that can be made to fail. */
export class RedisWorld {
  readonly server: RedisServer;
  readonly proxy: TcpProxy;
  readonly store: RedisSessionStore;
  readonly app: App;
  readonly browser: Browser;
  /** Run by `/visit/broken` and `/count` between loading and saving. */
  meanwhile: () => unknown = () => {};

  static async start(
    create: (deployment: RedisDeployment) => RedisClient | Promise<RedisClient>,
    ...args: string[]
  ): Promise<RedisWorld> {
    const server = await RedisServer.start(...args);
    return new RedisWorld(server, await TcpProxy.to(server.port), create);
  }

  /** As `start`, with a session that has been visited once. */
  static async visited(...how: Parameters<typeof RedisWorld.start>): Promise<RedisWorld> {
    const world = await RedisWorld.start(...how);
    await world.visit();
    return world;
  }

  private constructor(
    server: RedisServer,
    proxy: TcpProxy,
    create: (deployment: RedisDeployment) => RedisClient | Promise<RedisClient>,
  ) {
    this.server = server;
    this.proxy = proxy;
    const seen = { url: `redis://127.0.0.1:${proxy.port}`, port: proxy.port } as RedisServer;
    const getClient = () => create({ nodes: [seen], stop: async () => {} });
    this.store = new RedisSessionStore({ getClient, timeout: TIMEOUT });
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

  /** Once it can be done: the connections of a pool come back one by one. */
  async visit(): Promise<number> {
    let response = await this.browser.post("/visit");
    await waitUntil("a visit", async () => {
      if (response.status !== 200) response = await this.browser.post("/visit");
      return response.status === 200;
    });
    return response.json();
  }

  /** Routes that do not touch the session answer as ever. */
  async assertServesWithoutSession(): Promise<void> {
    const response = await this.browser.get("/static");
    expect(response.status).to.equal(200);
    expect(response.headers.getSetCookie()).to.deep.equal([]);
  }

  /** A request that needs the session fails, in bounded time, and takes the cookie from nobody. */
  async assertFails(path: string, seconds: number): Promise<SessionError> {
    // A race of timers, which keep their order however slow the machine is.
    const late = sleep(seconds * 1000, null, { ref: false });
    const response = await Promise.race([this.browser.post(path), late]);
    expect(response, `an answer within ${seconds} s`).to.not.equal(null);
    assert(response);
    expect(response.status).to.equal(500);
    expect(response.headers.getSetCookie()).to.deep.equal([]);
    const error = this.app.errors.at(-1) as SessionError;
    expect(error, inspect(error)).to.be.an.instanceOf(SessionError);
    expect(error.code).to.equal("ERR_SESSION_STORE");
    this.assertTellsNothing(error);
    return error;
  }

  /** Neither the ID, nor a key, nor data, wherever in the error one looks. */
  assertTellsNothing(error: unknown): void {
    const told = inspect(error, { depth: Infinity, showHidden: true });
    expect(told).to.not.include(SECRET);
    expect(told).to.not.include("session:");
    const id = this.browser.cookie("session");
    if (id !== undefined) expect(told).to.not.include(id);
  }

  /** Returns what the session holds then. */
  async recovery(): Promise<{ hits?: number }> {
    await waitUntil("the session to be there again", async () => {
      return (await this.browser.get("/")).status === 200;
    });
    return (await this.browser.get("/")).json();
  }
}
