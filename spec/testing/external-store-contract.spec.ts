import { expect } from "chai";
import sinon from "sinon";
import type { BackendCall, ExternalStoreOptions, Replacement } from "../../lib/index.js";
import {
  externalHooksOf,
  externalStoreContract,
  type ExternalStoreContractOptions,
} from "../../lib/testing.js";
import { inParallel, sleep } from "../../lib/testing/concurrency.js";
import { brokenIn, failureOf, type Broken } from "../support/contract-report.js";
import { TableStore, type Table } from "../support/table-store.js";
import {
  CLEAN_UP,
  DECLARED,
  DECLARED_FAULTS,
  DELETES_THE_LIVING,
  WholeSecondsStore,
} from "./declared-faults.js";
import { FAULTS, type Fault } from "./external-faults.js";
import { KEY_FAULTS } from "./key-faults.js";
import { OWNER_FAULTS } from "./owner-faults.js";
import { SUBTLE_FAULTS } from "./subtle-faults.js";

const ALL_FAULTS: Record<string, Fault> = {
  ...FAULTS,
  ...KEY_FAULTS,
  ...DECLARED_FAULTS,
  ...OWNER_FAULTS,
  ...SUBTLE_FAULTS,
};
const PARALLEL_RUNS = 6;

describe("externalStoreContract()", () => {
  /** Runs the contract with two stores on one table, like two processes with one database. */
  const run = ({ Store, options }: Pick<Fault, "Store" | "options">) => {
    const table: Table = new Map();
    const create = (given: ExternalStoreOptions): TableStore => new Store(table, given);
    return brokenIn((runner) => externalStoreContract(runner, { create, ...options?.(table) }));
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
          .map(async ([fault, each]) => reports.set(fault, await run(each))),
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
    const options = (): Partial<ExternalStoreContractOptions> => ({
      ctx: { platform: "a platform" },
    });
    expect(await run({ Store: WatchedStore, options })).to.deep.equal([]);
    for (const [name, spiesOfStores] of spies) {
      const calls = spiesOfStores.flatMap(({ args }) => args.map((each) => each.at(-1)));
      expect(calls, name).not.to.have.length(0);
      for (const { ctx, signal } of calls as BackendCall[]) {
        expect(ctx.platform).to.equal("a platform");
        expect(signal).to.be.instanceOf(AbortSignal).with.property("aborted", false);
      }
    }
  });

  for (const [declaration, store] of Object.entries(DECLARED)) {
    it(`reports nothing for a store that ${declaration}, and declares it`, async () => {
      expect(await run(store)).to.deep.equal([]);
    });
  }

  it("reports a clean-up that deletes the living", async () => {
    const broken = await run(DELETES_THE_LIVING);
    // It also deletes the records of the specs that run at the same time.
    expect(broken.map(({ sentence }) => sentence)).to.include(CLEAN_UP);
  });

  for (const [fault, { breaks, mayBreak = [], says = "" }] of Object.entries(ALL_FAULTS)) {
    it(`reports the broken sentences of a store that ${fault}`, () => {
      const broken = reports.get(fault)!.filter(({ sentence }) => !mayBreak.includes(sentence));
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) expect(message).to.include(sentence);
      expect(broken.map(({ message }) => message).join()).to.include(says);
    });
  }

  it("reports that create() does not pass its options on", async () => {
    const create = (): TableStore => new TableStore();
    const broken = await brokenIn((runner) =>
      externalStoreContract(runner, { create, shared: false }),
    );
    expect(broken.map(({ sentence }) => sentence)).to.deep.equal([
      "The options prefix, maxBytes, timeout, stringify and parse reach the base class.",
      "A prefix can contain any characters.",
      "The prefix of an owner and its keys can contain any characters.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ]);
    expect(broken[0]!.message).to.include("create: (options) =>");
  });

  it("gives the hooks of each spec one request, which it releases before it closes the stores", async () => {
    const open = new Set<object>();
    let leftOpen = 0;
    class PerRequestStore extends TableStore {
      override release(ctx: object): void {
        open.delete(ctx);
      }
      protected override async remove(key: string, call?: BackendCall): Promise<void> {
        open.add(call!.ctx);
        return super.remove(key);
      }
    }
    const message = await failureOf("remove() deletes the record.", (runner) =>
      externalStoreContract(runner, {
        create: (options) => new PerRequestStore(new Map(), options),
        shared: false,
        close: () => (leftOpen += open.size),
      }),
    );
    expect(message).to.equal(undefined);
    expect(leftOpen).to.equal(0);
  });

  it("accepts a store that expires records up to a second early, on a busy machine, too", async () => {
    const sentence = "update() gives the record a new ttl.";
    // They begin at different moments of a second.
    const messages = await inParallel(20, async (at) => {
      await sleep(at * 50);
      return failureOf(sentence, (runner) =>
        externalStoreContract(runner, {
          create: (options) => new WholeSecondsStore(new Map(), options),
          shared: false,
        }),
      );
    });
    expect(messages.filter((message) => message !== undefined)).to.deep.equal([]);
  });

  it("closes the stores only when no call is under way, after a failed race, too", async () => {
    let underWay = 0;
    const open: number[] = [];
    class StoreThatFailsAtOnce extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        if (replacement.text.includes('"rival":3')) throw new Error("deadlock detected");
        underWay++;
        try {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return await super.update(key, replacement);
        } finally {
          underWay--;
        }
      }
    }
    const race =
      "Exactly one of several parallel update() calls that expect the same text replaces it.";
    const message = await failureOf(race, (runner) =>
      externalStoreContract(runner, {
        create: (options) => new StoreThatFailsAtOnce(new Map(), options),
        shared: false,
        close: () => open.push(underWay),
      }),
    );
    expect(message).to.include("deadlock detected");
    expect(open).to.deep.equal([0]);
  });

  describe("with compares: false", () => {
    const options = () => ({ compares: false });

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
      expect(await run({ Store: StoreInSteps, options })).to.deep.equal([]);
    });

    // It would write over tombstones, and so bring sessions back.
    it("reports the broken sentences of a store that only checks that there is a record", async function () {
      this.timeout(60_000);
      class StoreThatOverwrites extends StoreInSteps {
        protected override isExpected(): boolean {
          return true;
        }
      }
      const broken = await run({ Store: StoreThatOverwrites, options });
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal([
        "update() returns false and replaces nothing if the stored text is not the expected one.",
        "update() compares every character of the text.",
        "A destroyed session stays destroyed if a concurrent request saves it.",
        "After regenerate() the old ID stays rejected, and the new ID has the data.",
      ]);
    });
  });
});
