import { expect } from "chai";
import { Keyv } from "keyv";
import { KeyvSessionStore } from "../../examples/keyv-store.js";
import { externalStoreContract } from "../../lib/testing.js";

class DatabaseThatIsDown extends Map<string, string> {
  override get(): never {
    throw new Error("connect ECONNREFUSED");
  }
  override set(): never {
    throw new Error("connect ECONNREFUSED");
  }
  override delete(): never {
    throw new Error("connect ECONNREFUSED");
  }
}

describe("The example KeyvSessionStore", () => {
  const database = new Map();

  externalStoreContract(
    { describe, it },
    {
      create(options) {
        const keyv = new Keyv({ store: database, throwOnErrors: true });
        return new KeyvSessionStore({ keyv, ...options });
      },
      compares: false,
      broken(options) {
        const keyv = new Keyv({ store: new DatabaseThatIsDown(), throwOnErrors: true });
        return new KeyvSessionStore({ keyv, ...options });
      },
    },
  );

  it("rejects a Keyv without throwOnErrors, which would hide database errors", () => {
    expect(() => new KeyvSessionStore({ keyv: new Keyv() })).to.throw(TypeError, /throwOnErrors/);
  });
});
