import { KvSessionStore, UnsafeMemoryStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { WorkerKv } from "../support/worker-kv.js";

describe("UnsafeMemoryStore", () => {
  externalStoreContract(
    { describe, it },
    // Every instance has its own memory.
    { create: (options) => new UnsafeMemoryStore(options), shared: false },
  );
});

describe("KvSessionStore", () => {
  let kv: WorkerKv;

  before(async () => {
    kv = await WorkerKv.start();
  });
  after(() => kv.dispose());

  externalStoreContract(
    { describe, it },
    {
      create: (options) => new KvSessionStore({ getStore: () => kv.namespace, ...options }),
      compares: false,
      minTtl: 60,
    },
  );
});
