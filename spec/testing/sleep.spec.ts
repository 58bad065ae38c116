import { expect } from "chai";
import sinon from "sinon";
import { sleep } from "../../lib/testing/concurrency.js";

describe("The sleep of the contracts", () => {
  afterEach(() => sinon.restore());

  // Inside workerd they do, by up to 56 ms, but not each time.
  it("lasts as long as it should where timers fire early", async () => {
    const { setTimeout } = globalThis;
    sinon
      .stub(globalThis, "setTimeout")
      .callsFake(((call: () => void, delay: number) =>
        setTimeout(call, Math.max(0, delay - 56))) as typeof setTimeout);
    const begin = Date.now();
    await sleep(150);
    expect(Date.now() - begin).to.be.at.least(150);
  });
});
