import { expect } from "chai";
import fc from "fast-check";
import { currentSecond, isAlive } from "../../lib/records/expiry.js";
import { decodeRecord, encodeRecord } from "../../lib/records/record.js";
import { Clock } from "../support/clock.js";

const DAY = 86_400;
const MINUTE = 60;
const second = fc.integer({ min: 0, max: 0xffffffff });

describe("A record", () => {
  describe("as text", () => {
    it("consists of version, creation, expiry and data, in readable form", () => {
      const record = { text: '{"user":1}', created: 1_800_000_000, expires: 1_800_000_060 };
      expect(encodeRecord(record)).to.equal('1.1800000000.1800000060.{"user":1}');
    });

    it("is decoded to the record that was encoded, with any data", () => {
      fc.assert(
        fc.property(fc.string({ unit: "binary" }), second, second, (text, created, expires) => {
          const record = { text, created, expires };
          expect(decodeRecord(encodeRecord(record))).to.deep.equal(record);
        }),
      );
    });

    // Stores compare records as text, so equal records must have equal text.
    it("has only one valid form", () => {
      const digits = fc.constantFrom("0", "1", "9", ".", "-", "+", "e", " ", "{}", "\n");
      fc.assert(
        fc.property(
          fc.string({ unit: digits }).map((rest) => `1.${rest}`),
          (text) => {
            const record = decodeRecord(text);
            if (record) expect(encodeRecord(record)).to.equal(text);
          },
        ),
        { numRuns: 10_000 },
      );
    });

    for (const text of [
      "",
      "{}",
      "1",
      "1.",
      "1.1.",
      "1.1.2",
      "2.1.2.{}",
      "11.1.2.{}",
      "01.1.2.{}",
      " 1.1.2.{}",
      "x1.1.2.{}",
      "1.01.2.{}",
      "1.1.02.{}",
      "1.00.2.{}",
      "1.-1.2.{}",
      "1.1.-2.{}",
      "1.1e3.2.{}",
      "1.0x1.2.{}",
      "1.1 .2.{}",
      "1..2.{}",
      "1.1..{}",
      "1.12345678901.2.{}",
      "1.1.12345678901.{}",
      "1,1,2,{}",
      "1a1b2c{}",
      "\n1.1.2.{}",
    ]) {
      it(`cannot be ${JSON.stringify(text)}`, () => {
        expect(decodeRecord(text)).to.equal(null);
      });
    }

    it("may have times in 1970, empty data, and data with dots and line breaks", () => {
      expect(decodeRecord("1.0.0.")).to.deep.equal({ text: "", created: 0, expires: 0 });
      expect(decodeRecord("1.1.9999999999.a.b\nc")).to.deep.equal({
        text: "a.b\nc",
        created: 1,
        expires: 9_999_999_999,
      });
    });
  });

  describe("is alive", () => {
    let clock: Clock;

    beforeEach(() => {
      clock = new Clock();
    });

    afterEach(() => clock.restore());

    /** The times are seconds relative to now. */
    function aliveWith(created: number, expires: number, absoluteTimeout = 30 * DAY): boolean {
      const now = clock.now;
      return isAlive({ created: now + created, expires: now + expires }, absoluteTimeout);
    }

    it("according to a clock of whole seconds", () => {
      expect(currentSecond()).to.equal(1_800_000_000);
      clock.pass(0.999);
      expect(currentSecond()).to.equal(1_800_000_000);
      clock.pass(0.001);
      expect(currentSecond()).to.equal(1_800_000_001);
    });

    it("until the second of its expiry", () => {
      expect(aliveWith(-10, 1)).to.equal(true);
      expect(aliveWith(-10, 0)).to.equal(false);
      expect(aliveWith(-10, -1)).to.equal(false);
    });

    it("until the absolute timeout after its creation", () => {
      expect(aliveWith(-DAY + 1, 10, DAY)).to.equal(true);
      expect(aliveWith(-DAY, 10, DAY)).to.equal(false);
      expect(aliveWith(-DAY - 1, 10, DAY)).to.equal(false);
    });

    it("unless its creation is further in the future than clocks may differ", () => {
      expect(aliveWith(MINUTE, DAY)).to.equal(true);
      expect(aliveWith(MINUTE + 1, DAY)).to.equal(false);
    });

    it("unless it expires later than the absolute timeout allows", () => {
      expect(aliveWith(0, DAY + MINUTE, DAY)).to.equal(true);
      expect(aliveWith(0, DAY + MINUTE + 1, DAY)).to.equal(false);
    });
  });
});
