import { expect } from "chai";
import type { Backend } from "../soak/owners/backend.js";
import { bundledProgram } from "../soak/owners/bundle.js";
import { LONGEST_ENTRY_SECONDS } from "../soak/owners/names.js";
import { startPostgres } from "../soak/owners/postgres-backend.js";
import { startCluster, startRedis } from "../soak/owners/redis-backends.js";
import { runRounds } from "../soak/owners/run-rounds.js";
import { ConcurrentRunner } from "../support/concurrent-runner.js";

const ROUNDS_AT_ONCE = 12;

/** The short version of `npm run soak:owners`, whose README says what a round is. */
describe("When endSessionsOf() has resolved, and other processes use the owner's sessions,", function () {
  this.timeout(180_000);
  // A Cluster needs seconds to start and to recover, in which it needs no processor.
  const runner = new ConcurrentRunner(2);
  let program: string;
  before(async () => {
    program = await bundledProgram();
    runner.start();
  });

  ends("a Redis Cluster that loses a master", 30, () => startCluster(false));
  ends("one Redis node", 80, startRedis);
  ends("PostgreSQL", 50, startPostgres);

  function ends(title: string, rounds: number, start: () => Promise<Backend>): void {
    runner.it(`none has survived in ${title}`, async () => {
      const backend = await start();
      try {
        const findings = await runRounds(backend, { program, rounds, atOnce: ROUNDS_AT_ONCE });
        expect(findings.violations, findings.summary).to.deep.equal([]);
        expect(findings.rounds).to.equal(rounds);
        // Each kind of session was there.
        const { ended, dead, lateLogIns, spared, lists } = findings;
        expect(Math.min(ended, dead, lateLogIns, spared, lists), findings.summary).to.be.above(0);
        const { seconds } = await backend.leftovers();
        expect(seconds).to.be.within(1, LONGEST_ENTRY_SECONDS + 1);
      } finally {
        await backend.stop();
      }
    });
  }
});
