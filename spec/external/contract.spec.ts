import { KvSessionStore, UnsafeMemoryStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";
import { WorkerKv } from "../support/worker-kv.js";

describe("UnsafeMemoryStore", () => {
  externalStoreContract(
    { describe, it },
    { create: () => new UnsafeMemoryStore(), shared: false }, // every instance has its own memory
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
      create: () => new KvSessionStore({ getStore: () => kv.namespace }),
      compares: false,
      minTtl: 60,
    },
  );
});
