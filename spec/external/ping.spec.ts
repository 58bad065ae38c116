import { expect } from "chai";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { KvSessionStore, RedisSessionStore, SessionError } from "../../lib/index.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { MapStore } from "../support/map-store.js";
import { PATIENT } from "../support/patient.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";

describe("ping()", () => {
  const closeAfter = closesAfterEach();
  const ctx: any = {};

  it("reads a key that has the form of a session's key, and no session", async () => {
    const store = new MapStore();
    const keys: string[] = [];
    const read = store["read"].bind(store);
    store["read"] = (key, call) => (keys.push(key), read(key, call));
    await store.ping({ ctx });
    expect(keys).to.have.length(1);
    expect(keys[0]).to.match(/^session:[\w-]{43}$/);
  });

  for (const [title, create] of [
    ["node-redis", (url: string) => createClient({ url })],
    ["ioredis", (url: string) => new Redis(url, { lazyConnect: true })],
  ] as const) {
    it(`tells whether Redis answers, and opens the client (${title})`, async () => {
      const server = closeAfter(await RedisServer.start());
      const getClient = (): any => create(server.url);
      const store = closeAfter(new RedisSessionStore({ timeout: 1, getClient }));
      await store.ping();
      server.pause();
      const error = await store.ping().catch((reason: unknown) => reason);
      expect(error).to.be.an.instanceOf(SessionError);
      expect(error).to.include({ code: "ERR_SESSION_STORE" });
      server.resume();
      await waitUntil("Redis to answer", async () => (await store.ping(), true));
    });

    it(`closes the client of a ping with perRequest (${title})`, async () => {
      const server = closeAfter(await RedisServer.start());
      const getClient = (): any => create(server.url);
      const store = new RedisSessionStore({ timeout: PATIENT, perRequest: true, getClient });
      await store.ping({ ctx });
      await waitUntil("the connection to close", async () => (await server.clientCount()) === 0);
    });
  }

  it("asks for the context where the store needs one", async () => {
    const perRequest = new RedisSessionStore({ perRequest: true, getClient: () => createClient() });
    const kv = new KvSessionStore({ getStore: ({ platform }) => platform.env.SESSIONS });
    for (const store of [perRequest, kv]) {
      const error = await store.ping().catch((reason: unknown) => reason);
      expect(error).to.be.an.instanceOf(TypeError);
      expect(String(error)).to.include("store.ping({ ctx })");
    }
    const platform = { env: { SESSIONS: { get: async () => null } } };
    await kv.ping({ ctx: { platform } as any });
  });
});
