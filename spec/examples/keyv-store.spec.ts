import { expect } from "chai";
import { Keyv } from "keyv";
import { KeyvSessionStore } from "../../examples/keyv-store.js";
import { externalStoreContract } from "../../lib/testing.js";

describe("KeyvSessionStore, the example", () => {
  const database = new Map();

  externalStoreContract(
    { describe, it },
    {
      create: () =>
        new KeyvSessionStore({ keyv: new Keyv({ store: database, throwOnErrors: true }) }),
      compares: false,
    },
  );

  it("refuses a Keyv that would hide its database's errors", () => {
    expect(() => new KeyvSessionStore({ keyv: new Keyv() })).to.throw(TypeError, /throwOnErrors/);
  });
});
