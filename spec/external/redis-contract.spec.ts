import { RedisSessionStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { clientsOn } from "../support/redis-clients.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";

for (const topology of ["one node", "Cluster", "Sentinel"] as const) {
  describe(`RedisSessionStore on ${topology}`, () => {
    let deployment: RedisDeployment;

    before(async function () {
      this.timeout(60_000);
      deployment = await deployRedis(topology);
    });
    after(() => deployment?.stop());

    for (const { title, create } of clientsOn(topology)) {
      describe(title, () => {
        externalStoreContract(
          { describe, it },
          {
            create: () => new RedisSessionStore({ getClient: () => create(deployment) }),
            close: (store: RedisSessionStore) => store.close(),
          },
        );
      });
    }
  });
}
