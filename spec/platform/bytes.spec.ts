import { expect } from "chai";
import fc from "fast-check";
import { bufferCodec, encodeUtf8, webCodec } from "../../lib/platform/bytes.js";

const codecs = { "with Buffer": bufferCodec(Buffer), "with web standards": webCodec() };
const bytes = fc.uint8Array({ maxLength: 200 });
/** Text that may contain lone surrogates. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom("A", "-", "_", "+", "/", "=", " ", "\n", "\ufeff", "🍪", "Ａ"),
  ),
});

describe("The byte codec on Node", () => {
  it("is that of Buffer, which the entry point for Node prefers", () => {
    expect(Buffer.isBuffer(encodeUtf8("text"))).to.equal(true);
  });
});

for (const [title, codec] of Object.entries(codecs)) {
  describe(`The byte codec ${title}`, () => {
    it("encodes base64url without padding (RFC 4648, 10)", () => {
      const vectors = { "": "", f: "Zg", fo: "Zm8", foo: "Zm9v", foob: "Zm9vYg", fooba: "Zm9vYmE" };
      for (const [text, encoded] of Object.entries(vectors)) {
        expect(codec.encodeBase64url(Buffer.from(text))).to.equal(encoded);
        expect(Buffer.from(codec.decodeBase64url(encoded)!).toString()).to.equal(text);
      }
      expect(codec.encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xfe))).to.equal("-__-");
    });

    it("decodes what it has encoded, at any length", () => {
      fc.assert(
        fc.property(bytes, (written) => {
          const text = codec.encodeBase64url(written);
          expect(text).to.equal(Buffer.from(written).toString("base64url"));
          expect(Buffer.from(codec.decodeBase64url(text)!)).to.deep.equal(Buffer.from(written));
        }),
      );
    });

    // btoa(String.fromCharCode(...bytes)) fails above about a hundred thousand bytes, because the
    // call has too many arguments.
    it("encodes and decodes a megabyte", () => {
      const large = new Uint8Array(1_000_003).map((_, i) => (i * 7) & 255);
      const text = codec.encodeBase64url(large);
      expect(text).to.equal(Buffer.from(large).toString("base64url"));
      expect(Buffer.from(large).equals(codec.decodeBase64url(text)!)).to.equal(true);
    });

    it("converts only the bytes of a view, and none around it", () => {
      const view = new Uint8Array([1, 2, 3, 4, 5, 6]).subarray(2, 4);
      expect(codec.encodeBase64url(view)).to.equal("AwQ");
      expect(codec.decodeUtf8(Buffer.from("before é after").subarray(7, 9))).to.equal("é");
    });

    for (const text of [
      "Zg==",
      "Zg=",
      "Z",
      "Zm9vY",
      "Zh", // the unused bits are set
      "Zm9",
      "+/+/",
      "Zm 9v",
      " Zm9v",
      "Zm9v\n",
      "Zm9v\0",
      "Zm9v.",
      "Zｍ9v",
      "Zm9v🍪",
      "=",
    ]) {
      it(`rejects ${JSON.stringify(text)}`, () => {
        expect(codec.decodeBase64url(text)).to.equal(null);
      });
    }

    it("decodes only the canonical form (RFC 4648, 3.5), and never throws", () => {
      fc.assert(
        fc.property(anyText, (text) => {
          const decoded = codec.decodeBase64url(text);
          if (decoded !== null) {
            expect(Buffer.from(decoded).toString("base64url")).to.equal(text);
          }
        }),
        { numRuns: 5000 },
      );
    });

    it("keeps any Unicode text, including byte order marks", () => {
      for (const text of ["", "a\0b", "\ufeffŁódź", "\ufeff\ufeff", "文字 🏴‍☠️ \u2028", "\ufffd"]) {
        const encoded = codec.encodeUtf8(text);
        expect(Buffer.from(encoded)).to.deep.equal(Buffer.from(text));
        expect(codec.decodeUtf8(encoded)).to.equal(text);
      }
    });
  });
}

describe("Both byte codecs", () => {
  const { "with Buffer": nodeCodec, "with web standards": standardCodec } = codecs;

  it("decode the same base64url and reject the same", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.base64String(), bytes.map(toBase64url)), (text) => {
        const [a, b] = [nodeCodec.decodeBase64url(text), standardCodec.decodeBase64url(text)];
        expect(a && Buffer.from(a)).to.deep.equal(b && Buffer.from(b));
      }),
      { numRuns: 5000 },
    );
  });

  it("encode the same bytes as the same base64url", () => {
    fc.assert(
      fc.property(bytes, (written) => {
        expect(nodeCodec.encodeBase64url(written)).to.equal(standardCodec.encodeBase64url(written));
      }),
    );
  });

  it("encode any text as the same bytes, including lone surrogates", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(Buffer.from(nodeCodec.encodeUtf8(text))).to.deep.equal(
          Buffer.from(standardCodec.encodeUtf8(text)),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it("decode any bytes as the same text, including invalid UTF-8", () => {
    const chunk = fc.constantFrom(
      [0xef, 0xbb, 0xbf],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf0, 0x9f],
    );
    const nearlyUtf8 = fc
      .array(
        fc.oneof(
          chunk,
          fc.uint8Array({ maxLength: 3 }).map((part) => [...part]),
        ),
      )
      .map((parts) => Uint8Array.from(parts.flat()));
    fc.assert(
      fc.property(fc.oneof(bytes, nearlyUtf8), (read) => {
        expect(nodeCodec.decodeUtf8(read)).to.equal(standardCodec.decodeUtf8(read));
      }),
      { numRuns: 5000 },
    );
  });
});

function toBase64url(written: Uint8Array): string {
  return Buffer.from(written).toString("base64url");
}
