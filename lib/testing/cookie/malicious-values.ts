const UNSEALED = [
  '{"text":"{}","created":1,"expires":9999999999}',
  '["{}",1,9999999999]',
  '{"data":{},"created":1,"expires":9999999999}',
];

/** Values that a client may send instead of a sealed one, after @hattip/cookie has decoded them. */
export const MALICIOUS_VALUES: readonly string[] = [
  ...["", " ", "\0", "\r\n", "a", "ab", "abc", "a.b", "a.b.c.d"],
  ...["=", "==", ".", "..", ",", ";", '"'],
  ...["null", "undefined", "true", "0", "-1", "NaN"],
  ...["{}", "[]", '""', "{", '{"a":1}', "e30", "e30."],
  ...["%", "%%", "%E0%A4%A", "%00", "+/=", "-_", "AAAA", "____", "\u00E9", "\u{1F36A}", "\uD800"],
  ...["__proto__", "constructor", '{"__proto__":{"a":1}}', "../../etc/passwd", "'; --"],
  ...["1.0.9999999999.{}", "1.1.1.", "2.1.1.{}", "1.NaN.NaN.{}", "MS4xLjQwMDAwMDAwMDAue30"],
  ...[1, 2, 3, 12, 16, 17, 28, 29, 30, 41, 42, 43, 44, 64, 128].map((length) => "A".repeat(length)),
  ...["S", "E", "R", "I"].map((first) => first + "-".repeat(80)),
  // {"alg":"none"}, {"text":"{}","created":1,"expires":9999999999} as a JWT, and a JWE without a key
  "eyJhbGciOiJub25lIn0.eyJ0ZXh0Ijoie30iLCJjcmVhdGVkIjoxLCJleHBpcmVzIjo5OTk5OTk5OTk5fQ.",
  "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA..AAAAAAAAAAAAAAAAAAAAAA",
  // Records that are not sealed, as an older version of a store may have written them
  ...UNSEALED.flatMap((text) => [
    text,
    btoa(text),
    btoa(text).replace(/=+$/, ""),
    encodeURIComponent(text),
  ]),
  "A".repeat(4096),
  "[".repeat(4096),
  "\uFFFF".repeat(4096),
];
