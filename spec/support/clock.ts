import sinon from "sinon";

/**
 * Stops `Date`. The time moves on only when a spec calls `pass()`. Timers stay real, so that
 * servers and timeouts still work.
 */
export class Clock {
  readonly #fake = sinon.useFakeTimers({ now: 1_800_000_000_000, toFake: ["Date"] });

  /** Seconds since 1970. */
  get now(): number {
    return Math.floor(Date.now() / 1000);
  }

  /** Moves the time forward. */
  pass(seconds: number): void {
    this.#fake.setSystemTime(Date.now() + seconds * 1000);
  }

  restore(): void {
    this.#fake.restore();
  }
}
