import { expect } from "chai";
import sinon from "sinon";
import type { BackendCall, ExternalStoreOptions, Replacement } from "../../lib/index.js";
import {
  externalHooksOf,
  externalStoreContract,
  type ExternalStoreContractOptions,
} from "../../lib/testing.js";
import { brokenIn, type Broken } from "../support/contract-report.js";
import { PATIENT } from "../support/patient.js";
import { TableStore, type Table } from "../support/table-store.js";
import { FAULTS, type Fault } from "./external-faults.js";
import { OWNER_FAULTS } from "./owner-faults.js";

const ALL_FAULTS: Record<string, Fault> = { ...FAULTS, ...OWNER_FAULTS };
const PARALLEL_RUNS = 6;

describe("externalStoreContract()", () => {
  /** Runs the contract with two stores on one table, like two processes with one database. */
  const run = (Store: typeof TableStore, options: Partial<ExternalStoreContractOptions> = {}) => {
    const table = new Map();
    const create = (given: ExternalStoreOptions): TableStore =>
      new Store(table, { timeout: PATIENT, ...given });
    return brokenIn((runner) => externalStoreContract(runner, { create, ...options }));
  };
  const reports = new Map<string, Broken[]>();

  before(async function () {
    this.timeout(300_000);
    // Several stores run at once, because some specs wait for records to expire. Not all of them
    // run at once, because other specs must finish before their records expire.
    const faults = Object.entries(ALL_FAULTS);
    for (let start = 0; start < faults.length; start += PARALLEL_RUNS) {
      await Promise.all(
        faults
          .slice(start, start + PARALLEL_RUNS)
          .map(async ([fault, { Store }]) => reports.set(fault, await run(Store))),
      );
    }
  });

  it("reports nothing for a store that keeps the contract, and gives every hook the context and a signal that has not aborted", async () => {
    const records = ["read", "create", "update", "remove"] as const;
    const names = [...records, "link", "unlink", "linked"] as const;
    const spies = new Map<string, sinon.SinonSpy[]>(names.map((name) => [name, []]));
    class WatchedStore extends TableStore {
      constructor(table: Table, options: ExternalStoreOptions) {
        super(table, options);
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

  for (const [fault, { breaks, mayBreak = [] }] of Object.entries(ALL_FAULTS)) {
    it(`reports the broken sentences of a store that ${fault}`, () => {
      const broken = reports.get(fault)!.filter(({ sentence }) => !mayBreak.includes(sentence));
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) expect(message).to.include(sentence);
    });
  }

  it("reports that create() does not pass its options on, if the store has the hooks of the option owner", async () => {
    const create = (): TableStore => new TableStore();
    const broken = await brokenIn((runner) =>
      externalStoreContract(runner, { create, shared: false }),
    );
    expect(broken.map(({ sentence }) => sentence)).to.deep.equal([
      "The prefix of an owner and its keys can contain any characters.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ]);
    for (const { message } of broken) expect(message).to.include("create: (options) =>");
  });

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
