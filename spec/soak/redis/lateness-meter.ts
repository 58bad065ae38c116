import { nowMs, type Lateness } from "./figures.js";

const NOTABLE_MS = 20;

/** How late the timers of this process are, because the machine is busy or the process stood still. */
export class LatenessMeter {
  /** Each notable delay. */
  readonly late: Lateness[] = [];
  readonly #tickMs: number;
  #lastTickMs = performance.now();
  #totalMs = 0;

  /** @param tickMs the time between two calls of `tick()`, if no timer is late */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** Returns the time, by performance.now(). */
  tick(): number {
    const milliseconds = Math.round(this.#sinceTick());
    this.#totalMs += milliseconds;
    if (milliseconds > NOTABLE_MS) this.late.push({ atMs: nowMs(), milliseconds });
    this.#lastTickMs = performance.now();
    return this.#lastTickMs;
  }

  /** All delays so far, with the present one. */
  totalMs(): number {
    return this.#totalMs + this.#sinceTick();
  }

  #sinceTick(): number {
    return Math.max(0, performance.now() - this.#lastTickMs - this.#tickMs);
  }
}
