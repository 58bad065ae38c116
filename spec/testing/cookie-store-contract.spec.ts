import { expect } from "chai";
import { EncryptedCookieStore } from "../../lib/index.js";
import { cookieStoreContract } from "../../lib/testing.js";
import { brokenIn } from "../support/contract-report.js";
import { FAULTS } from "./cookie-faults.js";

describe("cookieStoreContract()", () => {
  it("reports nothing for a store that keeps the contract", async () => {
    const keys = [await EncryptedCookieStore.generateKey()];
    const create = () => new EncryptedCookieStore(keys);
    const broken = await brokenIn((runner) =>
      cookieStoreContract(runner, { create, encrypted: true }),
    );
    expect(broken).to.deep.equal([]);
  });

  for (const [fault, { options, breaks }] of Object.entries(FAULTS)) {
    it(`reports the broken sentences of a store that ${fault}`, async () => {
      const broken = await brokenIn((runner) => cookieStoreContract(runner, options));
      expect(broken.map(({ sentence }) => sentence)).to.deep.equal(breaks);
      for (const { sentence, message } of broken) expect(message).to.include(sentence);
    });
  }
});
