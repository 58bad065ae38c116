export function assertSame(what: string, actual: unknown, wanted: unknown): void {
  if (Object.is(actual, wanted)) return;
  const from = firstDifference(actual, wanted);
  throw new Error(`${what} is ${show(actual, from)}, not ${show(wanted, from)}.`);
}

function firstDifference(one: unknown, other: unknown): number {
  if (typeof one !== "string" || typeof other !== "string") return 0;
  let at = 0;
  while (one[at] === other[at]) at++;
  return at;
}

export function assertTrue(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

const SHOWN_CHARACTERS = 40;

/** The value for an error message: of a long text, only the part around the given character. */
export function show(value: unknown, around = 0): string {
  if (value instanceof Uint8Array) return `a ${value.constructor.name} of ${value.length} bytes`;
  if (typeof value !== "string") {
    return (JSON.stringify(value) ?? typeof value).slice(0, 5 * SHOWN_CHARACTERS);
  }
  if (value.length <= SHOWN_CHARACTERS) return JSON.stringify(value);
  const start = Math.max(0, around - SHOWN_CHARACTERS / 2);
  const part = JSON.stringify(value.slice(start, start + SHOWN_CHARACTERS));
  return `${part} (from character ${start} of ${value.length})`;
}
