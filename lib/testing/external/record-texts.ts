import { encodeRecord } from "../../records/record.js";

/** The text of a record with these data, as hooks get it. */
export function recordOf(text: string): string {
  return encodeRecord({ text, created: 1_700_000_000, expires: 4_000_000_000 });
}

export const A: string = recordOf('{"text":"a"}');
export const B: string = recordOf('{"text":"b"}');
export const C: string = recordOf('{"text":"c"}');

/** At most 64 KB of UTF-8, because a character takes at most four bytes. */
const CHARACTERS_PER_RECORD = 16_000;
const PLANE = 0x10000;

/**
 * Records with every character of two bytes in UTF-16, except surrogates and the control characters of
 * ASCII, and with those of four bytes that are at risk: all would take 4 MB. Compatibility characters
 * may be normalized, and the first and last of a plane may be out of some range.
 */
export function* unicodeTexts(): Generator<string> {
  const ranges: [number, number][] = [
    [0x20, 0xd7ff],
    [0xe000, 0xffff],
    [0x1d000, 0x1d7ff], // letters for mathematics, musical symbols
    [0x1f000, 0x1faff], // emoji
    [0x2f800, 0x2fa1f], // compatibility ideographs
    [0xe0000, 0xe01ef], // tags, and selectors of variants
  ];
  for (let plane = PLANE; plane <= 0x100000; plane += PLANE) {
    ranges.push([plane, plane + 0xff], [plane + 0xff00, plane + 0xffff]);
  }
  const points = ranges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
  for (let start = 0; start < points.length; start += CHARACTERS_PER_RECORD) {
    const part = points.slice(start, start + CHARACTERS_PER_RECORD);
    const characters = part.map((point) => String.fromCodePoint(point)).join("");
    yield recordOf(JSON.stringify({ characters }));
  }
}

/** Texts that an app's own `stringify` may write, and the tombstone of a session that has moved. */
export const UNUSUAL_TEXTS: readonly string[] = [
  recordOf("{} "),
  recordOf("{}\n"),
  recordOf('{\r\n\t"a": 1\r\n}\r\n'),
  recordOf("not JSON at all"),
  recordOf(String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1))),
  "1.0.0.",
];

/** Pairs of different records that a comparison by a database's own rules may treat as equal. */
export const NEARLY_EQUAL: readonly { what: string; stored: string; expected: string }[] = [
  { what: "case", stored: '{"a":"a"}', expected: '{"a":"A"}' },
  { what: "accents", stored: '{"a":"e"}', expected: '{"a":"\u00E9"}' },
  { what: "the normal form of Unicode", stored: '{"a":"\u00E9"}', expected: '{"a":"e\u0301"}' },
  { what: "width", stored: '{"a":"a"}', expected: '{"a":"\uFF41"}' },
  { what: "a space at the end", stored: '{"a":1}', expected: '{"a":1} ' },
  { what: "the order of keys", stored: '{"a":1,"b":2}', expected: '{"b":2,"a":1}' },
  { what: "the form of a number", stored: '{"a":1}', expected: '{"a":1.0}' },
  { what: "a wildcard for one character", stored: '{"a":"a"}', expected: '{"a":"_"}' },
  { what: "a wildcard for any number of characters", stored: '{"a":"a"}', expected: '{"a":"%"}' },
  { what: "the form of a line's end", stored: '{"a":1}\n', expected: '{"a":1}\r\n' },
  {
    what: "the last of 60 000 characters",
    stored: `{"a":"${"x".repeat(60_000)}y"}`,
    expected: `{"a":"${"x".repeat(60_000)}z"}`,
  },
  {
    what: "the first of 60 000 characters",
    stored: `{"a":"y${"x".repeat(60_000)}"}`,
    expected: `{"a":"z${"x".repeat(60_000)}"}`,
  },
];
