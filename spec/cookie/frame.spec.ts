import { expect } from "chai";
import fc from "fast-check";
import {
  ENCRYPTED_V1,
  isSealed,
  readHeader,
  SIGNED_V1,
  writeHeader,
} from "../../lib/cookie/frame.js";
import { encodePieces } from "../../lib/cookie/keys/pae.js";
import { preAuthEncode } from "../support/independent-decoder.js";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

describe("encodePieces()", () => {
  it("writes the number of pieces, then each piece after its length", () => {
    expect(hexOf(encodePieces())).to.equal("00000000");
    expect(hexOf(encodePieces(""))).to.equal("0000000100000000");
    expect(hexOf(encodePieces("a", "Ł🔑"))).to.equal("00000002000000016100000006c581f09f9491");
  });

  it("encodes pieces with equal concatenations differently (CVE-2026-6873 in Django)", () => {
    const pieceLists = [
      ["ab", "c"],
      ["a", "bc"],
      ["abc"],
      ["abc", ""],
      ["", "abc"],
      ["ab", "", "c"],
    ];
    expect(new Set(pieceLists.map((pieces) => hexOf(encodePieces(...pieces))))).to.have.lengthOf(6);
  });

  it("never encodes different pieces to the same bytes", () => {
    // Short strings of few characters make any possible collision likely.
    const piece = fc.string({ unit: fc.constantFrom("\0", "\u0001", "a", "é"), maxLength: 4 });
    const pieces = fc.array(piece, { maxLength: 4 });
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(pieces, (list) => {
        const encoded = hexOf(encodePieces(...list));
        const text = JSON.stringify(list);
        expect(seen.get(encoded) ?? text).to.equal(text);
        seen.set(encoded, text);
      }),
      { numRuns: 20_000 },
    );
  });

  it("returns bytes that decode to the same pieces, without a rest", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (list) => {
        expect(decodePieces(encodePieces(...list))).to.deep.equal(list);
      }),
      { numRuns: 2000 },
    );
  });

  it("agrees with the independent implementation", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (list) => {
        expect(hexOf(encodePieces(...list))).to.equal(hexOf(preAuthEncode(list)));
      }),
    );
  });
});

describe("The header of a sealed value", () => {
  it("has 13 bytes, with big-endian numbers", () => {
    const frame = new Uint8Array(14).fill(0xff);
    const times = { created: 0x12345678, expires: 0x9abcdef0, text: "" };
    writeHeader(frame, SIGNED_V1, 0xfedcba98, times);
    expect(hexOf(frame)).to.equal("49fedcba98123456789abcdef0ff");
  });

  it("is read as it was written, up to the last 32-bit timestamp (in 2106)", () => {
    fc.assert(
      fc.property(uint32, uint32, uint32, (keyId, created, expires) => {
        const frame = new Uint8Array(13);
        writeHeader(frame, ENCRYPTED_V1, keyId, { created, expires, text: "" });
        expect(readHeader(frame)).to.deep.equal({ keyId, created, expires });
      }),
    );
  });
});

describe("isSealed()", () => {
  it("recognizes a sealed value by its first byte", () => {
    const sealed = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
      isSealed(Uint8Array.of(byte)),
    );
    expect(sealed).to.deep.equal([0x11, 0x49]);
    expect(isSealed(new Uint8Array(0))).to.equal(false);
  });
});

function decodePieces(bytes: Uint8Array): string[] {
  const view = Buffer.from(bytes);
  const pieces: string[] = [];
  let offset = 4;
  while (pieces.length < view.readUInt32BE(0)) {
    const start = offset + 4;
    offset = start + view.readUInt32BE(offset);
    pieces.push(view.toString("utf8", start, offset));
  }
  expect(offset).to.equal(bytes.length);
  return pieces;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
