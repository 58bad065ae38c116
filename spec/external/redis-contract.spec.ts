import { RedisSessionStore, type RedisClient } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { clientsOn } from "../support/redis-clients.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";

for (const topology of ["one node", "Cluster", "Sentinel"] as const) {
  describe(`RedisSessionStore on ${topology}`, () => {
    const runner = new ConcurrentRunner(20);
    const stores: RedisSessionStore[] = [];
    let deployment: RedisDeployment;

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
      runner.start();
    });
    after(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await deployment?.stop();
    });

    for (const { title, create } of clientsOn(topology)) {
      describe(title, () => {
        // Two clients stand for two processes. All specs share them.
        const clients: RedisClient[] = [];
        let turn = 0;
        externalStoreContract(runner, {
          create(options) {
            const process = turn++ % 2;
            const getClient = () => (clients[process] ??= create(deployment));
            const store = new RedisSessionStore({ getClient, ...options });
            stores.push(store);
            return store;
          },
          minTtl: 4, // a busy machine can need seconds for one step
        });
      });
    }
  });
}
