import type { Figures, Lateness } from "./figures.js";
import type { Expectations } from "./scenario.js";

export interface Outcome extends Figures {
  readonly struckAtMs: number;
  readonly recoveredAtMs: number;
  /** When the timers of this process were late. The delays of the app's process are in `late`. */
  readonly lateHere: readonly Lateness[];
  /** Sentences of the scenario itself. */
  readonly violated: readonly string[];
  readonly endsByItself: boolean;
}

/**
 * Milliseconds from the recovery of the servers to the last error; 0 if there was none. The time for
 * which a busy machine did not let the app, or this process with its proxies, run does not count.
 */
export function recoveryMs({ errors, recoveredAtMs, ...delays }: Outcome): number {
  const lastMs = errors.reduce((max, { atMs }) => Math.max(max, atMs), 0);
  return Math.max(0, Math.round(lastMs - recoveredAtMs - lateMs(delays, recoveredAtMs, lastMs)));
}

/** How long the machine did not let the app run in a period, or this process if that is longer. */
export function lateMs(
  { late, lateHere }: Pick<Outcome, "late" | "lateHere">,
  sinceMs: number,
  untilMs: number,
): number {
  const sums = [late, lateHere].map((delays) =>
    delays
      .filter(({ atMs }) => atMs > sinceMs && atMs < untilMs)
      .reduce((sum, { milliseconds }) => sum + milliseconds, 0),
  );
  return Math.max(...sums);
}

/** A sentence for each expectation that the run has not met. */
export function violations(outcome: Outcome, expected: Expectations): string[] {
  const { errors, updates, descriptors, heapBytes } = outcome;
  const found = [...outcome.violated];
  const atMost = (value: number, max: number, what: string) => {
    if (value > max) found.push(`${value} ${what}, at most ${max} expected`);
  };
  atMost(recoveryMs(outcome), expected.recoverySeconds * 1000, "ms from recovery to last error");
  atMost(errors.length, expected.maxErrors, "errors");
  const refused = errors.filter(({ message }) => message.startsWith("Redis cannot be reached"));
  atMost(refused.length, expected.maxRefused, "requests that failed at once");
  const early = errors.filter(({ atMs }) => atMs < outcome.struckAtMs);
  atMost(early.length, 0, "errors before the fault");
  if (errors.length < expected.minErrors) {
    found.push(`${errors.length} errors, at least ${expected.minErrors} expected: no fault struck`);
  }
  const others = errors.filter(({ kind }) => !expected.mayFail.includes(kind));
  const kinds = [...new Set(others.map(({ kind }) => kind))].join(", ");
  atMost(others.length, 0, `errors of requests that should not fail (${kinds})`);
  const [first, last] = expected.maySlotsFail;
  const elsewhere = errors.filter(
    ({ slot }) => slot !== undefined && (slot < first || slot > last),
  );
  atMost(elsewhere.length, 0, "errors of sessions on servers that were well");
  atMost(outcome.slow.length, expected.maxSlow, "slow requests");
  atMost(updates.lost, expected.maxLost, "lost updates");
  atMost(updates.extra, 0, "updates that were executed twice");
  atMost(outcome.missing, expected.maxMissing, "missing sessions");
  atMost(outcome.revived, expected.maxRevived, "revived sessions");
  atMost(outcome.foreign, 0, "responses with data of another session");
  atMost(outcome.unreadable, 0, "sessions that a new client could not read at the end");
  for (const message of outcome.unhandled) found.push(`not handled: ${message}`);
  for (const message of outcome.warnings) found.push(`Node warned: ${message}`);
  const more = descriptors.after - descriptors.beforeFault;
  atMost(more, expected.maxMoreDescriptors, "more descriptors than before the fault");
  atMost(descriptors.closed - descriptors.atStart, 0, "descriptors open after store.close()");
  const megabytes = Math.round((heapBytes.after - heapBytes.beforeFault) / 1e5) / 10;
  atMost(megabytes, expected.maxMoreHeapMegabytes, "MB more heap than before the fault");
  if (!outcome.endsByItself) found.push("the process did not end after store.close()");
  return found;
}
