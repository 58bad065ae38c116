/** What mocha, vitest, jest and `node:test` have in common. */
export interface TestRunner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>, timeout?: number): unknown;
}

/** Milliseconds. Mocha's own limit of two seconds is over before the shortest lifetime of a record. */
const TIME_LIMIT = 60_000;

/** One sentence of a contract, and what finds out whether it holds: it throws with what it saw. */
export type Promised = (sentence: string, check: () => Promise<void>) => void;

/** Every sentence becomes a spec of the runner, and stands in the error of what breaks it. */
export function promisedTo({ it }: TestRunner): Promised {
  return (sentence, check) => {
    const body = async (): Promise<void> => {
      try {
        await check();
      } catch (cause) {
        const seen = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`The contract is broken: “${sentence}” ${seen}`, { cause });
      }
    };
    // vitest and jest take the limit as third argument, mocha by a method of the spec, and node:test has none.
    const spec = it(sentence, body, TIME_LIMIT) as { timeout?: unknown } | undefined;
    if (typeof spec?.timeout === "function") spec.timeout(TIME_LIMIT);
  };
}

export function assertSame(what: string, actual: unknown, wanted: unknown): void {
  if (Object.is(actual, wanted)) return;
  throw new Error(`${what} is ${show(actual)}, not ${show(wanted)}.`);
}

export function assertTrue(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Error(seen);
}

const SHOWN = 60;

/** For messages: short, and with the first place where two long texts could differ left to the reader. */
export function show(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? typeof value;
  const text = JSON.stringify(value.slice(0, SHOWN));
  return value.length > SHOWN ? `${text}… (${value.length} characters)` : text;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A gate that opens when so many have come to it. */
export function gateFor(count: number): () => Promise<void> {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  let waiting = 0;
  return () => {
    waiting += 1;
    if (waiting === count) open();
    return opened;
  };
}

/** Runs them all at once. */
export function inParallel<T>(count: number, run: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => run(index)));
}
