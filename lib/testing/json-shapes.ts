/** Data of every kind that JSON has, and strings that have a meaning in some language or protocol. */
export const JSON_SHAPES: readonly object[] = [
  {},
  { null: null, true: true, false: false },
  { zero: 0, one: 1, minus: -1.5, large: 1.7976931348623157e308, small: 5e-324, whole: 2 ** 53 },
  { empty: "", space: " ", spaces: "  a  b  ", digits: "007", word: "null" },
  { escapes: '"\\/\b\f\n\r\t\0\u001f\u007f', separators: "\u2028\u2029", bom: "\uFEFFa" },
  { "lone surrogates": "\uD800 a \uDFFF", pair: "\u{1F36A}", reversed: "\uDF6A\uD83C" },
  { composed: "\u00E9", decomposed: "e\u0301", ligature: "\uFB01", right: "\u202Eabc" },
  {
    sql: "'; DROP TABLE sessions; --",
    format: "%s %d %% $1 $$ $& $` $' ${x} {0}",
    tag: "</script>&amp;",
  },
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
