import type { Awaitable } from "../platform/awaitable.js";
import { withinTime } from "../platform/time-limit.js";

/** What mocha, vitest, jest and `node:test` have in common. */
export interface TestRunner {
  /** Groups specs. */
  describe(title: string, body: () => void): unknown;
  /** Registers a spec; some runners take a timeout, in milliseconds. */
  it(title: string, body: () => Promise<void>, timeout?: number): unknown;
}

/**
 * Milliseconds. Mocha's own limit of two seconds is over before the shortest lifetime of a record.
 */
const TIME_LIMIT = 60_000;

/** One sentence of a contract, and what finds out whether it holds: it throws with what it saw. */
export type Specify = (sentence: string, check: () => Promise<void>) => void;

/** Every sentence becomes a spec of the runner, and stands in the error of what breaks it. */
export function specifierFor({ it }: TestRunner): Specify {
  return (sentence, check) => {
    const body = async (): Promise<void> => {
      try {
        await check();
      } catch (cause) {
        throw new Error(`The contract is broken: “${sentence}” ${reasonOf(cause)}`, { cause });
      }
    };
    // vitest and jest take the limit as third argument, mocha by a method of the
    // spec, and node:test has none.
    const spec = it(sentence, body, TIME_LIMIT) as { timeout?: unknown } | undefined;
    if (typeof spec?.timeout === "function") spec.timeout(TIME_LIMIT);
  };
}

/** The message, and those of the errors behind it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}

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

export function assertTrue(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new Error(seen);
}

const SHOWN = 40;

/** For messages: the part of a long text around the place that matters. */
export function show(value: unknown, around = 0): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? typeof value;
  if (value.length <= SHOWN) return JSON.stringify(value);
  const start = Math.max(0, around - SHOWN / 2);
  const part = JSON.stringify(value.slice(start, start + SHOWN));
  return `${part} (from character ${start} of ${value.length})`;
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

/** Seconds. */
const HUNG = 10;

/** What a hook answers: in time, and without a throw. */
export async function called<T>(hook: string, call: () => Awaitable<T>): Promise<T> {
  try {
    return await withinTime(HUNG, Promise.resolve(call()));
  } catch (cause) {
    throw new Error(`${hook}() threw.`, { cause });
  }
}
