import { expect } from "chai";
import { EncryptedCookieStore } from "../../lib/index.js";
import { cookieStoreContract } from "../../lib/testing.js";
import { brokenIn } from "../support/contract-report.js";
import { FAULTS } from "./cookie-faults.js";
import { CipherStore, KEY, MacStore, NEW_KEY } from "./cookie/simple-stores.js";

describe("cookieStoreContract()", () => {
  it("reports nothing for a store that keeps the contract", async () => {
    const keys = [await EncryptedCookieStore.generateKey()];
    const create = () => new EncryptedCookieStore(keys);
    const broken = await brokenIn((runner) =>
      cookieStoreContract(runner, { create, encrypted: true }),
    );
    expect(broken).to.deep.equal([]);
  });

  it("reports nothing for the stores in which the faults are planted", async () => {
    const create = () => new MacStore([KEY]);
    const rotated = () => new MacStore([NEW_KEY, KEY]);
    const signing = await brokenIn((runner) => cookieStoreContract(runner, { create, rotated }));
    const encrypting = await brokenIn((runner) =>
      cookieStoreContract(runner, { create: () => new CipherStore(), encrypted: true }),
    );
    expect([signing, encrypting]).to.deep.equal([[], []]);
  });

  for (const [fault, { options, breaks, says }] of Object.entries(FAULTS)) {
    it(`reports the broken sentences of a store that ${fault}`, async () => {
      const broken = await brokenIn((runner) => cookieStoreContract(runner, options));
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) {
        expect(message).to.include(sentence);
        if (says) expect(message).to.match(says);
      }
    });
  }
});
