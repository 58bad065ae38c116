import { generateSessionId } from "../../external/session-id.js";

const LONG = "p".repeat(250);

/** Several of them are equal as a path, a file name, a pattern or a parameter of a URL. */
export const UNUSUAL_PREFIXES: readonly string[] = [
  ...["", "a", "A", "a:", "a/", "a\\", "a//", "a/b/../", "./a", "a ", "a+", "a%20"],
  ...["%", "_", "*", "?", "a?", "[ab]", "{a}", "'", '"', "`;--", "\u00E9", "e\u0301"],
  ...["\u{1F36A}", `${LONG}a`, `${LONG}b`],
];

/**
 * Keys that differ in their first or last character. These characters are at risk: a backend may
 * ignore their case, cut them off, or treat them as wildcards.
 */
export function nearlyEqualKeys(prefix: string): string[] {
  const start = generateSessionId().slice(0, -1);
  const end = generateSessionId().slice(1);
  return ["x", "X", "_", "-", "0"].flatMap((char) => [
    `${prefix}${start}${char}`,
    `${prefix}${char}${end}`,
  ]);
}
