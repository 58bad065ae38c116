import { expect } from "chai";
import { keyIdOf, openIndependently } from "../support/independent-decoder.js";
import { keyOf, now, scopeOf, seal, SEALED_STORES } from "../support/sealed-stores.js";
import { runs } from "../support/runs.js";
import fc from "fast-check";

const SHORT = '{"userId":"u-8421","n":123}';
const LONG = JSON.stringify({ text: "x".repeat(977 - '{"text":""}'.length) });
/** Lengths for SHORT and LONG. Other libraries need more characters for less protection. */
const SIZES = { signed: [75, 1342], encrypted: [91, 1358] };

for (const { name, create } of SEALED_STORES) {
  describe(`Values of the ${name} store`, function () {
    this.timeout(60_000);
    const created = now() - 10;
    const expires = now() + 3600;
    let key: CryptoKey;

    before(async () => {
      key = await keyOf(7);
    });

    async function frameOf(text: string, cookieName = "session"): Promise<Buffer> {
      const scope = scopeOf({ cookieName });
      return Buffer.from(await seal(create([key]), text, scope, { created, expires }), "base64url");
    }

    it(`have ${SIZES[name][0]} characters for 27 bytes of JSON and ${SIZES[name][1]} for 977`, async () => {
      expect(SHORT).to.have.lengthOf(27);
      expect(LONG).to.have.lengthOf(977);
      expect(await seal(create([key]), SHORT)).to.have.lengthOf(SIZES[name][0]!);
      expect(await seal(create([key]), LONG)).to.have.lengthOf(SIZES[name][1]!);
    });

    it("contain only characters that are valid in a cookie", async () => {
      expect(await seal(create([key]), '{"name":"Łódź 🏴‍☠️ %;,\\"="}')).to.match(/^[\w-]+$/);
    });

    it(`begin with the letter ${name[0]!.toUpperCase()}, which shows the kind`, async () => {
      expect((await seal(create([key]), "{}"))[0]).to.equal(name[0]!.toUpperCase());
    });

    it("begin with the kind and version, the key ID, created and expires", async () => {
      const frame = await frameOf(SHORT);
      expect(frame[0]).to.equal(name === "signed" ? 0x49 : 0x11);
      expect(frame.subarray(1, 5)).to.deep.equal(keyIdOf(Buffer.alloc(32, 7)));
      expect(frame.readUInt32BE(5)).to.equal(created);
      expect(frame.readUInt32BE(9)).to.equal(expires);
    });

    it("are readable by an independent implementation", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: "binary" }),
          fc.string({ unit: "grapheme-ascii", minLength: 1 }),
          async (text, cookieName) => {
            const value = (await frameOf(text, cookieName)).toString("base64url");
            const contents = openIndependently(value, { key: Buffer.alloc(32, 7), cookieName });
            expect(contents).to.deep.equal({ kind: name, created, expires, text });
          },
        ),
        { numRuns: runs(1000) },
      );
    });

    if (name === "signed") {
      it("contain the readable data, followed by 16 bytes of MAC", async () => {
        const frame = await frameOf(SHORT);
        expect(frame.toString("utf8", 13, frame.length - 16)).to.equal(SHORT);
        expect(frame).to.have.lengthOf(13 + 27 + 16);
      });
    } else {
      it("hide the data, and differ between two seals of the same data", async () => {
        const [one, two] = [await frameOf(SHORT), await frameOf(SHORT)];
        expect(one.includes("u-8421")).to.equal(false);
        expect(one).to.have.lengthOf(13 + 12 + 27 + 16);
        expect(one.subarray(0, 13)).to.deep.equal(two.subarray(0, 13));
        for (const [start, end] of [
          [13, 25],
          [25, 25 + 27],
          [25 + 27, 25 + 27 + 16],
        ]) {
          expect(one.subarray(start, end)).to.not.deep.equal(two.subarray(start, end));
        }
      });
    }
  });
}
