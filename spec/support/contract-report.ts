import type { TestRunner } from "../../lib/testing.js";

/** A sentence of the contract that a store breaks, and the error message of its spec. */
export interface Broken {
  sentence: string;
  message: string;
}

/** Runs a contract like a test runner, all specs at once, and returns the failures. */
export async function brokenIn(define: (runner: TestRunner) => void): Promise<Broken[]> {
  const specs: { title: string; body: () => Promise<void> }[] = [];
  define({
    describe: (_title, body) => body(),
    it: (title, body) => void specs.push({ title, body }),
  });
  const reports = await Promise.all(
    specs.map(({ title, body }) =>
      body().then(
        () => [],
        (error: Error) => [{ sentence: title, message: error.message }],
      ),
    ),
  );
  return reports.flat();
}
