// The contract of external stores over a slow network: each reply comes 100 ms late.
// A sound store must keep it with the limits that the contract has by default.
import { createClient } from "redis";
import { RedisSessionStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { RedisServer } from "../support/redis-server.js";
import { TcpProxy } from "../support/tcp-proxy.js";

describe("RedisSessionStore over a slow network", () => {
  let server: RedisServer;
  let proxy: TcpProxy;

  before(async () => {
    server = await RedisServer.start();
    proxy = await TcpProxy.to(server.port);
    await proxy.delay(100);
  });
  after(async () => {
    await proxy?.close();
    await server?.stop();
  });

  externalStoreContract(
    { describe, it },
    {
      create: (options) =>
        new RedisSessionStore({
          getClient: () => createClient({ url: `redis://127.0.0.1:${proxy.port}` }),
          ...options,
        }),
      close: (store: RedisSessionStore) => store.close(),
    },
  );
});
