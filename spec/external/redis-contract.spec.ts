import { RedisSessionStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";
import { clientsOn } from "../support/redis-clients.js";
import { deployRedis, type RedisDeployment } from "../support/redis-deployments.js";
import { PATIENT } from "../support/patient.js";

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
        // The two stores stand for two processes. All specs share them.
        const pair = [0, 1].map(
          () => new RedisSessionStore({ timeout: PATIENT, getClient: () => create(deployment) }),
        );
        stores.push(...pair);
        let turn = 0;
        externalStoreContract(runner, {
          create: () => pair[turn++ % 2]!,
          minTtl: 4, // a busy machine can need seconds for one step
        });
      });
    }
  });
}
