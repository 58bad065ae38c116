/** As LIKE of SQL does. */
export function isLike(text: string, pattern: string): boolean {
  return matches(text, escaped(pattern).replaceAll("_", ".").replaceAll("%", ".*"));
}

/** As GLOB of SQLite and KEYS of Redis do, but for classes of characters. */
export function isGlob(text: string, pattern: string): boolean {
  const expression = escaped(pattern)
    .replaceAll(String.raw`\*`, ".*")
    .replaceAll(String.raw`\?`, ".");
  return matches(text, expression);
}

/** The classes of characters of GLOB: `[ab]`. */
export function isInClasses(text: string, pattern: string): boolean {
  return matches(text, escaped(pattern).replaceAll(/\\\[(\w+)\\\]/g, "[$1]"));
}

function matches(text: string, expression: string): boolean {
  return new RegExp(`^${expression}$`, "s").test(text);
}

function escaped(pattern: string): string {
  return pattern.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
