import type { Failure } from "./crowd.js";

/** What the requests of a crowd have met. */
export class Tally {
  requests = 0;
  failures = 0;
  longestMs = 0;
  /** What no visitor may see: an acknowledged write that is missing, one that was refused and is there. */
  readonly wrongs: string[] = [];
  readonly #causes = new Map<string, number>();

  milliseconds(taken: number): void {
    this.requests++;
    this.longestMs = Math.max(this.longestMs, taken);
  }

  failed({ code, message, cause, causeMessage }: Failure): void {
    this.failures++;
    const atOnce = message.startsWith("Redis cannot be reached") ? " at once" : "";
    const what = cause === "TimeoutError" ? cause : `${cause} (${causeMessage})`;
    const name = `${code}${atOnce}, ${what}`;
    this.#causes.set(name, (this.#causes.get(name) ?? 0) + 1);
  }

  wrong(what: string): void {
    this.wrongs.push(what);
  }

  /** How many requests have failed with another error than that of a time-out. */
  get otherFailures(): number {
    return [...this.#causes].reduce(
      (sum, [name, count]) => (name === "ERR_SESSION_STORE, TimeoutError" ? sum : sum + count),
      0,
    );
  }

  causes(): string {
    return [...this.#causes].map(([name, count]) => `${count} × ${name}`).join("; ") || "none";
  }
}
