import { expect } from "chai";
import { Keyv } from "keyv";
import { KeyvSessionStore } from "../../examples/keyv-store.js";
import { externalStoreContract } from "../../lib/testing.js";

describe("The example KeyvSessionStore", () => {
  const database = new Map();

  externalStoreContract(
    { describe, it },
    {
      create: () =>
        new KeyvSessionStore({ keyv: new Keyv({ store: database, throwOnErrors: true }) }),
      compares: false,
    },
  );

  it("rejects a Keyv without throwOnErrors, which would hide database errors", () => {
    expect(() => new KeyvSessionStore({ keyv: new Keyv() })).to.throw(TypeError, /throwOnErrors/);
  });
});
