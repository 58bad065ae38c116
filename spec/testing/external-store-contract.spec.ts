import { expect } from "chai";
import { externalStoreContract, type ExternalStoreContractOptions } from "../../lib/testing.js";
import { brokenIn, type Broken } from "../support/contract-report.js";
import { TableStore } from "../support/table-store.js";
import { FAULTS } from "./external-faults.js";

const AT_ONCE = 4;

describe("externalStoreContract()", () => {
  /** Two stores on one table, as two processes on one database. */
  const run = (Store: typeof TableStore, options: Partial<ExternalStoreContractOptions> = {}) => {
    const table = new Map();
    return brokenIn((runner) =>
      externalStoreContract(runner, { create: () => new Store(table), ...options }),
    );
  };
  const reports = new Map<string, Broken[]>();

  before(async function () {
    this.timeout(180_000);
    // Some at once, since some specs wait for records to expire; not all, since
    // others must be done before.
    const faults = Object.entries(FAULTS);
    for (let start = 0; start < faults.length; start += AT_ONCE) {
      await Promise.all(
        faults
          .slice(start, start + AT_ONCE)
          .map(async ([fault, { Store }]) => reports.set(fault, await run(Store))),
      );
    }
  });

  it("finds nothing wrong with a store that keeps the contract", async () => {
    expect(await run(TableStore)).to.deep.equal([]);
  });

  for (const [fault, { breaks }] of Object.entries(FAULTS)) {
    it(`tells of a store that ${fault} which sentences it breaks`, () => {
      const broken = reports.get(fault)!;
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) expect(message).to.include(sentence);
    });
  }
});
