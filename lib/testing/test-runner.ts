/** What mocha, vitest, jest and `node:test` have in common. */
export interface TestRunner {
  /** Groups specs. */
  describe(title: string, body: () => void): unknown;
  /** Registers a spec; some runners take a timeout, in milliseconds. */
  it(title: string, body: () => Promise<void>, timeout?: number): unknown;
}

/** Mocha's own limit of two seconds is too short for specs that wait until a record expires. */
const SPEC_TIMEOUT_MS = 60_000;

/** Registers one sentence of a contract, and the check that throws if the store breaks it. */
export type Specify = (sentence: string, check: () => Promise<void>) => void;

/** Every sentence becomes a spec of the runner. The error of a failed spec quotes its sentence. */
export function specifierFor({ it }: TestRunner): Specify {
  return (sentence, check) => {
    const body = async (): Promise<void> => {
      try {
        await check();
      } catch (cause) {
        throw new Error(`The contract is broken: “${sentence}” ${reasonOf(cause)}`, { cause });
      }
    };
    // vitest and jest take the timeout as third argument, mocha has a method of the spec for it, and
    // node:test has no timeout by default.
    const spec = it(sentence, body, SPEC_TIMEOUT_MS) as { timeout?: unknown } | undefined;
    if (typeof spec?.timeout === "function") spec.timeout(SPEC_TIMEOUT_MS);
  };
}

/** The error's message, followed by the messages of its causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
