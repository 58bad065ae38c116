import { externalStoreContract, type ExternalStoreContractOptions } from "../../lib/testing.js";
import type { WorkerReport } from "./worker-runner.js";
import type { Worker } from "./worker.js";

/** Stands for the functions that make stores: the Worker has the real ones. */
export function inTheWorker(): never {
  throw new Error("Only the Worker makes stores.");
}

/**
 * Shows each sentence of the contract that a Worker runs as a spec of mocha.
 *
 * @param worker - Is called when the specs begin. The Worker answers `/contract` with its report.
 * @param declarations - The same as in the Worker: they decide which sentences there are.
 */
export function contractInWorker(
  worker: () => Worker,
  declarations: Omit<ExternalStoreContractOptions, "create"> = {},
): void {
  describe("from within a Worker", () => {
    let report: Map<string, string | null>;
    const titles = new Set<string>();

    before(async function () {
      this.timeout(180_000);
      const answer = await worker().get("/contract");
      if (!answer.ok) throw new Error(await answer.text());
      report = new Map((await answer.json()) as WorkerReport);
    });

    const specify = (title: string): Mocha.Test => {
      titles.add(title);
      return it(title, () => {
        const failure = report.get(title);
        if (failure !== null) throw new Error(failure ?? "The Worker has not run this sentence.");
      });
    };
    externalStoreContract({ describe, it: specify }, { ...declarations, create: inTheWorker });

    it("has no sentence that is not shown here", () => {
      const others = [...report.keys()].filter((title) => !titles.has(title));
      if (others.length > 0) throw new Error(`The Worker has also run: ${others.join(" ")}`);
    });
  });
}
