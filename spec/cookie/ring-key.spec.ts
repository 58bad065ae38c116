import { expect } from "chai";
import sinon from "sinon";
import { ENCRYPTED_V1 } from "../../lib/cookie/frame.js";
import { RingKey, type SubkeyMaker } from "../../lib/cookie/ring-key.js";
import type { CryptoEngine } from "../../lib/platform/crypto-engine.js";
import { cryptoEngine } from "../../lib/platform/crypto.js";
import { purposeOf } from "../support/independent-decoder.js";
import { keyOf } from "../support/sealed-stores.js";

const MAX_SUBKEYS = 1024;

describe("A key of a ring", function () {
  this.timeout(60_000);
  let engine: CryptoEngine;
  let expand: sinon.SinonSpy<
    Parameters<CryptoEngine["expand"]>,
    ReturnType<CryptoEngine["expand"]>
  >;

  beforeEach(async () => {
    engine = await cryptoEngine();
    expand = sinon.spy(engine, "expand");
  });

  afterEach(() => sinon.restore());

  /** Its subkeys are their own bytes, in hex. */
  async function ringKey(
    isExtractable = true,
    makeSubkey: SubkeyMaker<string> = (_, secret) => Buffer.from(secret).toString("hex"),
  ): Promise<RingKey<string>> {
    return new RingKey(1, await keyOf(1, isExtractable), engine, ENCRYPTED_V1, makeSubkey);
  }

  it("derives with product, kind, version, cookie name and period as purpose", async () => {
    await (await ringKey()).subkey("session", 500_000);
    const [, info] = expand.firstCall.args;
    const expected = purposeOf("encrypted", "session", 500_000 * 3600);
    expect(Buffer.from(info).toString("hex")).to.equal(expected.toString("hex"));
  });

  it("has another subkey for every cookie name and every period", async () => {
    const key = await ringKey();
    const purposes: [string, number][] = [
      ["session", 0],
      ["session", 1],
      ["session2", 0],
      // A separator between the two must not be forged: neither by a space, nor by digits.
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
    it(`derives each once under concurrency (${isExtractable ? "" : "not "}extractable)`, async () => {
      const key = await ringKey(isExtractable);
      const subkeys = Array.from({ length: 50 }, async () => key.subkey("session", 0));
      expect(new Set(await Promise.all(subkeys))).to.have.lengthOf(1);
      expect(expand.callCount).to.equal(1);
    });
  }

  it("derives again what has failed", async () => {
    const make = sinon.stub<[CryptoEngine, Uint8Array], Promise<string>>();
    make.onFirstCall().rejects(new Error("busy"));
    make.resolves("subkey");
    const key = await ringKey(false, make);
    const ask = async (): Promise<string> => key.subkey("session", 0);
    const answers = await Promise.allSettled([ask(), ask()]);
    expect(answers.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await ask()).to.equal("subkey");
  });

  for (const isExtractable of [true, false]) {
    // Headers are forged for free: whoever sends one for each hour must not fill the memory.
    it(`keeps so many subkeys and no more (${isExtractable ? "" : "not "}extractable)`, async () => {
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
      expect(await derive(0), "the oldest has gone").to.equal(1);
    });
  }

  it("keeps no more than that although more were asked for at once", async () => {
    const key = await ringKey(false);
    const ask = async (periods: number[]): Promise<number> => {
      const before = expand.callCount;
      await Promise.all(periods.map(async (period) => key.subkey("session", period)));
      return expand.callCount - before;
    };
    const periods = Array.from({ length: 3 * MAX_SUBKEYS }, (_, period) => period);
    expect(await ask(periods)).to.equal(periods.length);
    expect(await ask(periods.slice(-MAX_SUBKEYS)), "the newest are there").to.equal(0);
    expect(await ask(periods.slice(0, 100)), "the older ones are not").to.equal(100);
  });
});
