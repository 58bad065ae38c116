import type { TestRunner } from "../../lib/testing.js";

/** A sentence of the contract that a store breaks, and the error message of its spec. */
export interface Broken {
  sentence: string;
  message: string;
}

export type Define = (runner: TestRunner) => void;

/** Runs a contract like a test runner, all specs at once, and returns the failures. */
export async function brokenIn(define: Define): Promise<Broken[]> {
  const reports = await Promise.all(
    specsOf(define).map(([title, body]) =>
      body().then(
        () => [],
        (error: Error) => [{ sentence: title, message: error.message }],
      ),
    ),
  );
  return reports.flat();
}

/** Runs one spec of a contract, and returns the message with which it fails. */
export async function failureOf(sentence: string, define: Define): Promise<string | undefined> {
  const [, body] = specsOf(define).find(([title]) => title === sentence)!;
  return body().then(
    () => undefined,
    (error: Error) => error.message,
  );
}

/** The specs of a contract: their titles, and what they run. */
export function specsOf(define: Define): [string, () => Promise<void>][] {
  const specs: [string, () => Promise<void>][] = [];
  define({
    describe: (_title, body) => body(),
    it: (title, body) => void specs.push([title, body]),
  });
  return specs;
}
