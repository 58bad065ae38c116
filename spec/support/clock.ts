import sinon from "sinon";

/**
 * The time of day, stopped: it goes on when a spec says so. Timers are real, so that
 * servers and time-outs work on.
 */
export class Clock {
  readonly #fake = sinon.useFakeTimers({ now: 1_800_000_000_000, toFake: ["Date"] });

  /** Seconds since 1970. */
  get now(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** Lets so many seconds pass. */
  pass(seconds: number): void {
    this.#fake.setSystemTime(Date.now() + seconds * 1000);
  }

  restore(): void {
    this.#fake.restore();
  }
}
