import { contractInWorker } from "../support/contract-in-worker.js";
import { bundleForWorkers } from "../support/worker-bundle.js";
import { Worker } from "../support/worker.js";

const PROGRAM = new URL("../support/programs/kv-contract-worker.ts", import.meta.url);

describe("KvSessionStore", () => {
  let worker: Worker;

  before(async function () {
    this.timeout(60_000);
    worker = await Worker.start(await bundleForWorkers(PROGRAM), { kvNamespaces: ["SESSIONS"] });
  });
  after(() => worker?.stop());

  contractInWorker(() => worker, { compares: false, minTtl: 60 });
});
