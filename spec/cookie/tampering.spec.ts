import { expect } from "chai";
import fc from "fast-check";
import { runs } from "../support/runs.js";
import {
  keyOf,
  now,
  open,
  scopeOf,
  seal,
  SEALED_STORES,
  type SealedStore,
} from "../support/sealed-stores.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");
/** Characters that a lenient decoder skips or translates. */
const OUTSIDERS = ["+", "/", "=", " ", "\n", "\0", "%", ".", '"', "é", "Ａ", "🍪"];

/** Random data as JSON. The data are short, because the specs change every position. */
const payload = fc
  .dictionary(
    fc.string({ unit: "grapheme", maxLength: 5 }),
    fc.jsonValue({ maxDepth: 1, depthSize: "xsmall", stringUnit: "grapheme" }),
    { maxKeys: 2 },
  )
  .map((data) => JSON.stringify(data));
const character = fc.constantFrom(...ALPHABET, ...OUTSIDERS);

for (const { name, aName, create } of SEALED_STORES) {
  describe(`A tampered value of ${aName} store`, function () {
    this.timeout(180_000);
    let store: SealedStore;

    before(async () => {
      store = create([await keyOf(1), await keyOf(2)]);
    });

    /** The store must return a reason. It must neither accept the value nor throw. */
    async function expectRejected(value: string): Promise<void> {
      const found = await open(store, value);
      if (typeof found !== "string") expect.fail(`accepted ${JSON.stringify(value)}`);
    }

    /** Calls the property with one random value of each arbitrary. */
    async function check<T extends unknown[]>(
      arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
      numRuns: number,
      property: (...values: T) => Promise<void>,
    ): Promise<void> {
      const values = fc.tuple<T>(...arbitraries);
      const holds = fc.asyncProperty(values, async (drawn) => property(...drawn));
      await fc.assert(holds, { numRuns: runs(numRuns) });
    }

    it("is rejected after every possible change of one character", async () => {
      const value = await seal(store, '{"user":1}');
      for (let at = 0; at < value.length; at++) {
        for (const other of [...ALPHABET, ...OUTSIDERS]) {
          if (other !== value[at]) await expectRejected(replaceAt(value, at, other));
        }
      }
    });

    it("is rejected after a change of any character, with random data", async () => {
      await check([payload, fc.infiniteStream(character)], 2000, async (text, characters) => {
        const value = await seal(store, text);
        expect(await open(store, value)).to.be.an("object");
        for (let at = 0; at < value.length; at++) {
          const { value: other } = characters.next() as IteratorYieldResult<string>;
          if (other !== value[at]) await expectRejected(replaceAt(value, at, other));
        }
      });
    });

    it("is rejected when either end is cut off", async () => {
      await check([payload], 500, async (text) => {
        const value = await seal(store, text);
        for (let at = 1; at < value.length; at++) {
          await expectRejected(value.slice(0, at));
          await expectRejected(value.slice(at));
        }
      });
    });

    it("is malformed when it is too short for all fields", async () => {
      const frame = Buffer.from(await seal(store, ""), "base64url");
      expect(frame).to.have.lengthOf(name === "signed" ? 13 + 16 : 13 + 12 + 16);
      for (let length = 0; length < frame.length; length++) {
        const found = await open(store, encode(frame.subarray(0, length)));
        expect(found, `${length} bytes`).to.equal("malformed");
      }
    });

    it("is rejected when a piece is removed or repeated", async () => {
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      await check([payload, share, share], 5000, async (text, one, two) => {
        const value = await seal(store, text);
        const start = Math.floor(Math.min(one, two) * value.length);
        const end = Math.floor(Math.max(one, two) * value.length);
        if (start === end) return;
        await expectRejected(value.slice(0, start) + value.slice(end));
        await expectRejected(value.slice(0, end) + value.slice(start));
      });
    });

    it("is rejected when characters are added at either end", async () => {
      const extra = fc.oneof(
        fc.string({ unit: character, minLength: 1 }),
        fc.constantFrom("=", "==", "A", "AA", "AAA", "AAAA", " ", "\n", "\r\n", "\0", ";", "."),
      );
      await check([payload, extra], 5000, async (text, addition) => {
        const value = await seal(store, text);
        await expectRejected(value + addition);
        await expectRejected(addition + value);
      });
    });

    it("is rejected when a character is inserted", async () => {
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      await check([payload, share, character], 5000, async (text, at, addition) => {
        const value = await seal(store, text);
        const middle = Math.floor(at * value.length);
        const longer = value.slice(0, middle) + addition + value.slice(middle);
        if (longer !== value) await expectRejected(longer);
      });
    });

    it("is rejected in any other encoding of the same bytes", async () => {
      await check([payload], 2000, async (text) => {
        const value = await seal(store, text);
        const bytes = Buffer.from(value, "base64url");
        const padded = value + "=".repeat((4 - (value.length % 4)) % 4);
        const encodings = [
          padded,
          bytes.toString("base64"),
          bytes.toString("base64").replace(/=+$/, ""),
          bytes.toString("hex"),
          bytes.toString("latin1"),
          encodeURIComponent(padded),
          `%${value.charCodeAt(0).toString(16)}${value.slice(1)}`,
          `"${value}"`,
          value.toLowerCase(),
          value.toUpperCase(),
          value.split("").join(" "),
          value.replace(/.{64}/g, "$&\n"),
        ];
        for (const encoding of encodings) if (encoding !== value) await expectRejected(encoding);
      });
    });

    it("is rejected when the unused bits of its last character are set", async () => {
      for (const text of ["{}", '{"":0}', '{"a":1}', '{"a":12}']) {
        const value = await seal(store, text);
        const bytes = Buffer.from(value, "base64url");
        for (const last of ALPHABET) {
          const other = value.slice(0, -1) + last;
          const isSame = Buffer.from(other, "base64url").equals(bytes);
          if (isSame && other !== value) expect(await open(store, other)).to.equal("malformed");
        }
      }
    });

    it("is rejected when it is spliced from two genuine values", async () => {
      await check([payload, payload], 200, async (text, otherText) => {
        const [one, two] = [await seal(store, text), await seal(store, otherText)];
        for (let at = 1; at < one.length; at++) {
          const spliced = one.slice(0, at) + two.slice(at);
          if (spliced !== one && spliced !== two) await expectRejected(spliced);
          // Tails up to a few bytes longer than the MAC.
          const withTail = one.slice(0, at) + two.slice(-Math.min(at, 24));
          if (withTail !== one && withTail !== two) await expectRejected(withTail);
        }
        await expectRejected(one + two);
      });
    });

    it("is rejected with any other timestamps", async () => {
      const uint32 = fc.integer({ min: 0, max: 0xffffffff });
      await check([payload, uint32, uint32], 2000, async (text, created, expires) => {
        const frame = Buffer.from(await seal(store, text), "base64url");
        const genuine = frame.toString("base64url");
        frame.writeUInt32BE(created, 5);
        if (frame.toString("base64url") !== genuine) await expectRejected(encode(frame));
        frame.writeUInt32BE(expires, 9);
        if (frame.toString("base64url") !== genuine) await expectRejected(encode(frame));
      });
    });

    it("is rejected when a timestamp is moved by one second", async () => {
      // In the middle of an hour, so that the encrypted store uses the same subkey.
      const expires = Math.floor(now() / 3600 + 2) * 3600 + 1800;
      const value = await seal(store, "{}", scopeOf(), { expires });
      const frame = Buffer.from(value, "base64url");
      for (const offset of [5, 9]) {
        for (const step of [-1, 1]) {
          const moved = Buffer.from(frame);
          moved.writeUInt32BE(frame.readUInt32BE(offset) + step, offset);
          expect(await open(store, encode(moved))).to.equal("tampered");
        }
      }
    });

    it("is reported as tampered when only bytes after the header differ", async () => {
      const frame = Buffer.from(await seal(store, '{"user":1}'), "base64url");
      for (let at = 13; at < frame.length; at++) {
        for (let bit = 1; bit < 256; bit <<= 1) {
          const changed = Buffer.from(frame);
          changed[at]! ^= bit;
          expect(await open(store, encode(changed))).to.equal("tampered");
        }
      }
    });

    it("never causes an exception, even if it is random text", async () => {
      const anything = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 200 }),
        // These begin with the first byte of a signed or an encrypted value.
        fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 200 }).map((s) => `SQ${s}`),
        fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 200 }).map((s) => `ER${s}`),
      );
      await check([anything], 10_000, async (value) => expectRejected(value));
      for (const value of ["", "S", "E", "SQ", "EQ", "SQAAAA", "EQAAAA", "A".repeat(100_000)]) {
        await expectRejected(value);
      }
    });
  });
}

function replaceAt(value: string, at: number, other: string): string {
  return value.slice(0, at) + other + value.slice(at + 1);
}

function encode(frame: Buffer): string {
  return frame.toString("base64url");
}
