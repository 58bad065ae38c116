import { expect } from "chai";
import sinon from "sinon";
import { ENCRYPTED_V1 } from "../../lib/cookie/frame.js";
import { RingKey, type SubkeyMaker } from "../../lib/cookie/keys/ring-key.js";
import { rootKey } from "../../lib/platform/crypto.js";
import type { RootKey } from "../../lib/platform/engine.js";
import { purposeOf } from "../support/independent-decoder.js";
import { keyOf } from "../support/sealed-stores.js";

const MAX_SUBKEYS = 1024;

describe("A key of the key ring", function () {
  this.timeout(60_000);
  const expand = sinon.spy((root: RootKey, info: Uint8Array) => root.expand(info));

  beforeEach(() => expand.resetHistory());

  /** By default, a subkey is its own bytes in hex. */
  async function ringKey(
    isExtractable = true,
    makeSubkey: SubkeyMaker<string> = (secret) => Buffer.from(secret).toString("hex"),
  ): Promise<RingKey<string>> {
    const root = await rootKey(await keyOf(1, isExtractable));
    const watched: RootKey = { expand: (info) => expand(root, info) };
    return new RingKey(1, watched, ENCRYPTED_V1, makeSubkey);
  }

  it("derives a subkey from product, kind, version, cookie name and period", async () => {
    await (await ringKey()).subkey("session", 500_000);
    const [, info] = expand.firstCall.args;
    const expected = purposeOf("encrypted", "session", 500_000 * 3600);
    expect(Buffer.from(info).toString("hex")).to.equal(expected.toString("hex"));
  });

  it("derives a different subkey for every cookie name and every period", async () => {
    const key = await ringKey();
    const purposes: [string, number][] = [
      ["session", 0],
      ["session", 1],
      ["session2", 0],
      // A cookie name must not imitate the separator between name and period: neither with a
      // space nor with digits.
      ["1 session", 0],
      ["1session", 0],
      ["session", 10],
    ];
    const subkeys = purposes.map(async ([name, period]) => key.subkey(name, period));
    expect(new Set(await Promise.all(subkeys))).to.have.lengthOf(purposes.length);
  });

  it("derives each subkey once", async () => {
    const key = await ringKey();
    const first = await key.subkey("session", 0);
    expect(await key.subkey("session", 0)).to.equal(first);
    expect(expand.callCount).to.equal(1);
  });

  for (const isExtractable of [true, false]) {
    it(`derives a subkey once for concurrent calls (${isExtractable ? "" : "not "}extractable)`, async () => {
      const key = await ringKey(isExtractable);
      const subkeys = Array.from({ length: 50 }, async () => key.subkey("session", 0));
      expect(new Set(await Promise.all(subkeys))).to.have.lengthOf(1);
      expect(expand.callCount).to.equal(1);
    });
  }

  it("derives a subkey again after a failure", async () => {
    const make = sinon.stub<[Uint8Array], Promise<string>>();
    make.onFirstCall().rejects(new Error("busy"));
    make.resolves("subkey");
    const key = await ringKey(false, make);
    const ask = async (): Promise<string> => key.subkey("session", 0);
    const answers = await Promise.allSettled([ask(), ask()]);
    expect(answers.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await ask()).to.equal("subkey");
  });

  for (const isExtractable of [true, false]) {
    // An attacker can forge headers for any hour at no cost. They must not fill the memory.
    it(`keeps at most ${MAX_SUBKEYS} subkeys (${isExtractable ? "" : "not "}extractable)`, async () => {
      const key = await ringKey(isExtractable);
      const derive = async (period: number): Promise<number> => {
        const before = expand.callCount;
        await key.subkey("session", period);
        return expand.callCount - before;
      };
      for (let period = 0; period < MAX_SUBKEYS; period++) expect(await derive(period)).to.equal(1);
      for (let period = 0; period < MAX_SUBKEYS; period++) expect(await derive(period)).to.equal(0);

      expect(await derive(MAX_SUBKEYS)).to.equal(1);
      expect(await derive(MAX_SUBKEYS), "the newest is kept").to.equal(0);
      expect(await derive(1), "the others are kept").to.equal(0);
      expect(await derive(0), "the oldest has been dropped").to.equal(1);
    });
  }

  it(`keeps at most ${MAX_SUBKEYS} subkeys of concurrent calls`, async () => {
    const key = await ringKey(false);
    const ask = async (periods: number[]): Promise<number> => {
      const before = expand.callCount;
      await Promise.all(periods.map(async (period) => key.subkey("session", period)));
      return expand.callCount - before;
    };
    const periods = Array.from({ length: 3 * MAX_SUBKEYS }, (_, period) => period);
    expect(await ask(periods)).to.equal(periods.length);
    expect(await ask(periods.slice(-MAX_SUBKEYS)), "the newest are kept").to.equal(0);
    expect(await ask(periods.slice(0, 100)), "the older ones have been dropped").to.equal(100);
  });
});
