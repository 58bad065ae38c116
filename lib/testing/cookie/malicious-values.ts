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
  "A".repeat(4096),
  "[".repeat(4096),
  "\uFFFF".repeat(4096),
];

/** The value after every small change: of a character, the length, the alphabet or the padding. */
export function tamperedWith(value: string): Iterable<string> {
  const tampered = new Set<string>();
  for (let at = 0; at < value.length; at++) {
    const [before, after] = [value.slice(0, at), value.slice(at + 1)];
    const old = value.charCodeAt(at);
    // Bit 1 gives a neighbour in the alphabet: the last character of base64 has unused bits.
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
