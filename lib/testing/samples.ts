import { encodeRecord } from "../record.js";

/** Data of every shape that JSON has, and strings that mean something to somebody. */
export const JSON_SHAPES: readonly object[] = [
  {},
  { null: null, true: true, false: false },
  { zero: 0, one: 1, minus: -1.5, large: 1.7976931348623157e308, small: 5e-324, whole: 2 ** 53 },
  { empty: "", space: " ", spaces: "  a  b  ", digits: "007", word: "null" },
  { escapes: '"\\/\b\f\n\r\t\0\u001f\u007f', separators: "\u2028\u2029", bom: "\uFEFFa" },
  { "lone surrogates": "\uD800 a \uDFFF", pair: "\u{1F36A}", reversed: "\uDF6A\uD83C" },
  { composed: "\u00E9", decomposed: "e\u0301", ligature: "\uFB01", right: "\u202Eabc" },
  { sql: "'; DROP TABLE sessions; --", format: "%s %d %% $1 ${x} {0}", tag: "</script>&amp;" },
  { "": "the empty key", "a.b": 1, $set: 2, "0": 3, constructor: 4, toString: 5, "\u{1F511}": 6 },
  { list: [], object: {}, mixed: [1, "a", null, [[[]]], { a: [{}] }] },
  { date: "2024-02-29T23:59:60Z", base64: "a+/=", path: "../../etc/passwd", line: "a\r\nb" },
  { deep: nested(100) },
];

function nested(depth: number): object {
  let value: object = { depth };
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { value };
  return value;
}

/** A record as stores get it. */
export function recordOf(text: string): string {
  return encodeRecord({ text, created: 1_700_000_000, expires: 4_000_000_000 });
}

/** Code points: 64 KB, where each takes four bytes. */
const CHUNK = 16_000;

/** All characters of Unicode that JSON writes as they are, in records. */
export function* allOfUnicode(): Generator<string> {
  for (let start = 0x20; start <= 0x10ffff; start += CHUNK) {
    let characters = "";
    const end = Math.min(start + CHUNK, 0x110000);
    for (let point = start; point < end; point++) {
      const isSurrogate = point >= 0xd800 && point <= 0xdfff;
      if (!isSurrogate) characters += String.fromCodePoint(point);
    }
    if (characters !== "") yield recordOf(JSON.stringify({ characters }));
  }
}

/**
 * What a `stringify` of somebody's own may write at the end, and the record that
 * stands for one that has moved.
 */
export const UNUSUAL_TEXTS: readonly string[] = [
  recordOf("{} "),
  recordOf("{}\n"),
  recordOf('{\r\n\t"a": 1\r\n}\r\n'),
  recordOf("not JSON at all"),
  "1.0.0.",
];

/** Records that a comparison which means well takes for equal. */
export const NEARLY_EQUAL: readonly { what: string; stored: string; expected: string }[] = [
  { what: "case", stored: '{"a":"a"}', expected: '{"a":"A"}' },
  { what: "accents", stored: '{"a":"e"}', expected: '{"a":"\u00E9"}' },
  { what: "Unicode's normal form", stored: '{"a":"\u00E9"}', expected: '{"a":"e\u0301"}' },
  { what: "width", stored: '{"a":"a"}', expected: '{"a":"\uFF41"}' },
  { what: "a space at the end", stored: '{"a":1}', expected: '{"a":1} ' },
  { what: "the order of keys", stored: '{"a":1,"b":2}', expected: '{"b":2,"a":1}' },
  { what: "the form of a number", stored: '{"a":1}', expected: '{"a":1.0}' },
  { what: "a character that stands for any one", stored: '{"a":"a"}', expected: '{"a":"_"}' },
  { what: "a character that stands for any others", stored: '{"a":"a"}', expected: '{"a":"%"}' },
  {
    what: "the last of 10 000 characters",
    stored: `{"a":"${"x".repeat(10_000)}y"}`,
    expected: `{"a":"${"x".repeat(10_000)}z"}`,
  },
];

/** As large as a cookie may be in any store, and of characters that take one to four bytes. */
export const LARGE_TEXTS: readonly string[] = [
  JSON.stringify({ a: "x".repeat(2500) }),
  JSON.stringify({ a: "\u00E9\u20AC\u{1F36A}".repeat(250) }),
];

/** What a client may send in the place of a value: whatever @hattip/cookie hands over. */
export const MALICIOUS_VALUES: readonly string[] = [
  ...[
    "",
    " ",
    "\0",
    "\r\n",
    "a",
    "ab",
    "abc",
    "=",
    "==",
    ".",
    "..",
    "a.b",
    "a.b.c.d",
    ",",
    ";",
    '"',
  ],
  ...[
    "null",
    "undefined",
    "true",
    "0",
    "-1",
    "NaN",
    "{}",
    "[]",
    '""',
    "{",
    '{"a":1}',
    "e30",
    "e30.",
  ],
  ...["%", "%%", "%E0%A4%A", "%00", "+/=", "-_", "AAAA", "____", "\u00E9", "\u{1F36A}", "\uD800"],
  ...["__proto__", "constructor", '{"__proto__":{"a":1}}', "../../etc/passwd", "'; --"],
  ...["1.0.9999999999.{}", "1.1.1.", "2.1.1.{}", "1.NaN.NaN.{}", "MS4xLjQwMDAwMDAwMDAue30"],
  ...[1, 2, 3, 12, 16, 17, 28, 29, 30, 41, 42, 43, 44, 64, 128].map((length) => "A".repeat(length)),
  ...["S", "E", "R", "I"].map((first) => first + "-".repeat(80)),
  "A".repeat(4096),
  "[".repeat(4096),
  "\uFFFF".repeat(4096),
];

/** The value with one thing changed: a character, the length, the alphabet, the padding. */
export function tamperedWith(value: string): Iterable<string> {
  const tampered = new Set<string>();
  for (let at = 0; at < value.length; at++) {
    const [before, after] = [value.slice(0, at), value.slice(at + 1)];
    const old = value.charCodeAt(at);
    // Neighbours, too: the last character of base64 has bits that say nothing.
    for (const bit of [1, 2, 4, 32]) tampered.add(before + String.fromCharCode(old ^ bit) + after);
    tampered.add(before + after);
  }
  const middle = value.length >> 1;
  for (const more of ["=", "==", " ", "\n", "A", ".", "%", "\0"]) {
    tampered.add(value + more).add(more + value);
    tampered.add(value.slice(0, middle) + more + value.slice(middle));
  }
  tampered.add(value.replace(/-/g, "+").replace(/_/g, "/"));
  tampered.add(value.replace(/\+/g, "-").replace(/\//g, "_"));
  tampered.add(value.replace(/=+$/, ""));
  tampered.add(value + value).add(value.slice(0, middle));
  tampered.add(value.toLowerCase()).add(value.toUpperCase());
  tampered.delete(value);
  return tampered;
}
