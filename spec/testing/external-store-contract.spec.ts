import { expect } from "chai";
import sinon from "sinon";
import type { BackendCall, Replacement } from "../../lib/index.js";
import {
  externalHooksOf,
  externalStoreContract,
  type ExternalStoreContractOptions,
} from "../../lib/testing.js";
import { brokenIn, type Broken } from "../support/contract-report.js";
import { TableStore, type Table } from "../support/table-store.js";
import { FAULTS } from "./external-faults.js";

const PARALLEL_RUNS = 4;

describe("externalStoreContract()", () => {
  /** Runs the contract with two stores on one table, like two processes with one database. */
  const run = (Store: typeof TableStore, options: Partial<ExternalStoreContractOptions> = {}) => {
    const table = new Map();
    return brokenIn((runner) =>
      externalStoreContract(runner, { create: () => new Store(table), ...options }),
    );
  };
  const reports = new Map<string, Broken[]>();

  before(async function () {
    this.timeout(180_000);
    // Several stores run at once, because some specs wait for records to expire. Not all of them
    // run at once, because other specs must finish before their records expire.
    const faults = Object.entries(FAULTS);
    for (let start = 0; start < faults.length; start += PARALLEL_RUNS) {
      await Promise.all(
        faults
          .slice(start, start + PARALLEL_RUNS)
          .map(async ([fault, { Store }]) => reports.set(fault, await run(Store))),
      );
    }
  });

  it("reports nothing for a store that keeps the contract, and gives every hook the context and a signal that has not aborted", async () => {
    const names = ["read", "create", "update", "remove"] as const;
    const spies = new Map<string, sinon.SinonSpy[]>(names.map((name) => [name, []]));
    class WatchedStore extends TableStore {
      constructor(table: Table) {
        super(table);
        const hooks = externalHooksOf(this);
        for (const name of names) spies.get(name)!.push(sinon.spy(hooks, name));
      }
    }
    expect(await run(WatchedStore, { ctx: { platform: "a platform" } })).to.deep.equal([]);
    for (const [name, spiesOfStores] of spies) {
      const calls = spiesOfStores.flatMap(({ args }) => args.map((each) => each.at(-1)));
      expect(calls, name).not.to.have.length(0);
      for (const { ctx, signal } of calls as BackendCall[]) {
        expect(ctx.platform).to.equal("a platform");
        expect(signal).to.be.instanceOf(AbortSignal).with.property("aborted", false);
      }
    }
  });

  for (const [fault, { breaks }] of Object.entries(FAULTS)) {
    it(`reports the broken sentences of a store that ${fault}`, () => {
      const broken = reports.get(fault)!;
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) expect(message).to.include(sentence);
    });
  }

  describe("with compares: false", () => {
    /** Reads, compares and writes, as Workers KV does. */
    class StoreInSteps extends TableStore {
      protected override get compares(): boolean {
        return false;
      }
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        const stored = await this.read(key);
        if (stored === null || !this.isExpected(stored, replacement.expected)) return false;
        await new Promise(setImmediate);
        this.write(key, replacement);
        return true;
      }
    }

    it("reports nothing for a store that compares in one step and writes in another", async function () {
      this.timeout(60_000);
      expect(await run(StoreInSteps, { compares: false })).to.deep.equal([]);
    });

    // It would write over tombstones, and so bring sessions back.
    it("reports the broken sentences of a store that only checks that there is a record", async function () {
      this.timeout(60_000);
      class StoreThatOverwrites extends StoreInSteps {
        protected override isExpected(): boolean {
          return true;
        }
      }
      const broken = await run(StoreThatOverwrites, { compares: false });
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal([
        "update() returns false and replaces nothing if the stored text is not the expected one.",
        "update() compares every character of the text.",
        "A destroyed session stays destroyed if a concurrent request saves it.",
        "After regenerate() the old ID stays rejected, and the new ID has the data.",
      ]);
    });
  });
});
