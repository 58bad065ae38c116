/** The part of a test runner that the contracts use: mocha, vitest, jest and `node:test` have it. */
export interface TestRunner {
  /** Groups specs. */
  describe(title: string, body: () => void): unknown;
  /** Registers a spec; some runners take a timeout, in milliseconds. */
  it(title: string, body: () => Promise<void>, timeout?: number): unknown;
}

/** The limit of one spec, in seconds. Mocha's own two seconds are too short for specs that sleep. */
export const SPEC_TIMEOUT_SECONDS = 60;

/**
 * Registers one sentence of a contract, and the check that throws if the store breaks it.
 *
 * @param hint - For a sound store that fails: what it may have to declare.
 */
export type Specify = (sentence: string, check: () => Promise<void>, hint?: string) => void;

/** Every sentence becomes a spec of the runner. The error of a failed spec quotes its sentence. */
export function specifierFor(
  { it }: TestRunner,
  timeoutSeconds: number = SPEC_TIMEOUT_SECONDS,
): Specify {
  return (sentence, check, hint) => {
    const body = async (): Promise<void> => {
      try {
        await check();
      } catch (cause) {
        const reason = reasonOf(cause) + (hint === undefined ? "" : ` ${hint}`);
        throw new Error(`The contract is broken: “${sentence}” ${reason}`, { cause });
      }
    };
    // vitest and jest take the timeout as third argument, mocha has a method of the spec for it, and
    // node:test has no timeout by default.
    const milliseconds = timeoutSeconds * 1000;
    const spec = it(sentence, body, milliseconds) as { timeout?: unknown } | undefined;
    if (typeof spec?.timeout === "function") spec.timeout(milliseconds);
  };
}

/**
 * For sentences whose checks mostly sleep: the first check that the runner starts starts them all, so
 * that they sleep side by side.
 */
export function sideBySide(specify: Specify): Specify {
  const starts: (() => Promise<void>)[] = [];
  return (sentence, check, hint) => {
    let outcome: Promise<void> | undefined;
    const start = (): Promise<void> => {
      outcome ??= check();
      outcome.catch(() => {}); // It may fail long before the runner comes to its sentence.
      return outcome;
    };
    starts.push(start);
    const startAll = (): Promise<void> => {
      for (const each of starts) void each();
      return start();
    };
    specify(sentence, startAll, hint);
  };
}

/** The error's message, followed by the messages of its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
