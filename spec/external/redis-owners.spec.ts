import { expect } from "chai";
import { inspect } from "node:util";
import * as ioredis6 from "ioredis";
import * as ioredis5 from "ioredis5";
import { createClient } from "redis";
import { RedisSessionStore, SessionError, type RedisClient } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { Browser } from "../support/browser.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

const owner = (data: { user?: string }) => data.user;

const appOn = (store: RedisSessionStore): App =>
  app(
    { store, defaultSessionData: {} },
    {
      "/": ({ session }) => session.data.user ?? null,
      "/login": async ({ session }) => {
        await session.regenerate();
        session.data.user = "ada";
      },
      "/sessions": async (ctx) => (await store.sessionsOf("ada", { ctx })).length,
      "/end-one": async (ctx) => {
        const sessions = await store.sessionsOf("ada", { ctx });
        const other = sessions.find(({ id }) => id !== ctx.session.id)!;
        return store.endSession(other.id, { owner: "ada", ctx });
      },
      "/end-others": (ctx) => store.endSessionsOf("ada", { except: ctx.session, ctx }),
    },
  );

async function loggedIn(site: App): Promise<Browser> {
  const browser = new Browser(site);
  expect((await browser.post("/login")).status).to.equal(200);
  return browser;
}

const jsonOf = async (response: Promise<Response>): Promise<unknown> => (await response).json();

describe("The sessions of an owner in Redis", () => {
  const closeAfter = closesAfterEach();
  let server: RedisServer;

  before(async () => {
    server = await RedisServer.start();
  });
  beforeEach(() => server.cli("FLUSHALL"));
  after(() => server?.stop());

  const deployment = () => ({ nodes: [server], stop: async () => {} });
  const storeOf = (getClient: () => RedisClient) =>
    closeAfter(new RedisSessionStore({ timeout: PATIENT, getClient, owner }));

  const keyPrefix = "app:";
  const prefixed: Record<string, () => RedisClient> = {
    "node-redis 6": () => createClient({ url: server.url, keyPrefix }),
    "ioredis 6": () => new ioredis6.Redis(server.url, { lazyConnect: true, keyPrefix }),
    "ioredis 5": () => new ioredis5.Redis(server.url, { lazyConnect: true, keyPrefix }),
  };
  for (const [title, create] of Object.entries(prefixed)) {
    it(`are under the client's own keyPrefix (${title})`, async () => {
      const site = appOn(storeOf(create));
      const [own, other] = [await loggedIn(site), await loggedIn(site)];
      await loggedIn(site);
      const keys = (await server.cli("KEYS", "*")).split("\n");
      expect(keys.filter((key) => key.startsWith("app:session:owner:"))).to.have.length(1);
      for (const key of keys) expect(key).to.match(/^app:session:(owner:)?[\w-]{43}$/);
      expect(await jsonOf(own.get("/sessions"))).to.equal(3);
      expect(await jsonOf(own.post("/end-one"))).to.equal(true);
      expect(await jsonOf(own.post("/end-others"))).to.equal(1);
      expect(await jsonOf(own.get("/"))).to.equal("ada");
      expect(await jsonOf(other.get("/"))).to.equal(null);
    });
  }

  for (const { title, create } of clientsOn("one node")) {
    it(`need the request's context if the store has perRequest (${title})`, async () => {
      const getClient = () => create(deployment());
      const store = closeAfter(
        new RedisSessionStore({ timeout: PATIENT, perRequest: true, getClient, owner }),
      );
      const site = appOn(store);
      const own = await loggedIn(site);
      for (let i = 0; i < 2; i++) await loggedIn(site);
      expect(await jsonOf(own.get("/sessions"))).to.equal(3);
      expect(await jsonOf(own.post("/end-one"))).to.equal(true);
      expect(await jsonOf(own.post("/end-others"))).to.equal(1);
      await waitUntil("all connections to close", async () => (await server.clientCount()) === 0);
      for (const [method, call] of Object.entries({
        sessionsOf: () => store.sessionsOf("ada"),
        endSession: () => store.endSession("A".repeat(43), { owner: "ada" }),
        endSessionsOf: () => store.endSessionsOf("ada"),
      })) {
        const error = await call().then(
          () => null,
          (reason: unknown) => reason,
        );
        expect(error, method)
          .to.be.instanceOf(TypeError)
          .with.property("message")
          .that.includes("ctx");
      }
      expect(await server.clientCount()).to.equal(0);
    });

    it(`are never read from a server that has become a replica (${title})`, async () => {
      const [old, promoted] = [closeAfter(await RedisServer.start()), server];
      const client = create({ ...deployment(), nodes: [old] });
      const store = storeOf(() => client);
      await loggedIn(appOn(store));
      expect(await store.sessionsOf("ada")).to.have.length(1);
      await old.cli("REPLICAOF", "127.0.0.1", `${promoted.port}`);
      for (const call of [() => store.sessionsOf("ada"), () => store.endSessionsOf("ada")]) {
        const error: unknown = await call().catch((reason: unknown) => reason);
        expect(error).to.be.instanceOf(SessionError).with.property("code", "ERR_SESSION_STORE");
        expect(inspect(error)).to.include("READONLY");
      }
    });

    it(`are in no error (${title})`, async () => {
      const old = closeAfter(await RedisServer.start("--rename-command", "EVAL", ""));
      const store = storeOf(() => create({ ...deployment(), nodes: [old] }));
      const error: unknown = await store.sessionsOf("ada").catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(SessionError).with.property("code", "ERR_SESSION_STORE");
      expect(inspect(error, { depth: Infinity })).to.include("unknown command");
      expect(inspect(error, { depth: Infinity })).to.not.include("session:");
    });
  }
});
