import { generateSessionId } from "../../external/session-id.js";

/** With it, a key has 294 characters. A backend may cut keys, at 255 for example. */
export const LONG_PREFIX: string = "p".repeat(251);

/** Node 18 has no `toReversed()`. */
export function reversed<T>(items: readonly T[]): T[] {
  return items.map((_, at) => items[items.length - 1 - at]!);
}

/** Several of them are equal as a path, a file name, a pattern or a parameter of a URL. */
export const UNUSUAL_PREFIXES: readonly string[] = [
  ...["", "a", "A", "a:", "a/", "a\\", "a//", "a/b/../", "./a", "a ", " a", "\ta", "a+", "a%20"],
  ...["%", "_", "*", "?", "a?", "[ab]", "{a}", "'", '"', "`;--", "\u00E9", "e\u0301"],
  ...["a,", "a;", "a|", "a#", "a&", "a\n", "a=", "a$", "a~", "session:"],
  ...["\u{1F36A}", LONG_PREFIX, `${LONG_PREFIX.slice(1)}q`],
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
