import { UnsafeMemoryStore } from "../../lib/index.js";
import { externalStoreContract } from "../../lib/testing.js";

describe("UnsafeMemoryStore", () => {
  externalStoreContract(
    { describe, it },
    // Every instance has its own memory.
    { create: (options) => new UnsafeMemoryStore(options), shared: false },
  );
});
