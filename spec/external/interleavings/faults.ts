/**
 * What goes wrong with a backend call.
 *
 * - `fails`: the call has no effect.
 * - `half-fails`: the call takes effect, but its reply is lost.
 * - `finishes late`: the caller gives up, and the call takes effect at any later time.
 */
export const FAULTS = ["fails", "half-fails", "finishes late"] as const;

/**
 * The process that makes the call crashes: none of its requests goes on.
 *
 * - `crashes`: the call has no effect.
 * - `takes effect, and crashes`: a late effect is the same as this one.
 */
export const CRASHES = ["crashes", "takes effect, and crashes"] as const;

export type Fault = (typeof FAULTS)[number] | (typeof CRASHES)[number];

/** The fault of the backend call with this number. The calls of all requests count together. */
export interface PlannedFault {
  readonly call: number;
  readonly fault: Fault;
}

/** Counts the backend calls, and returns the fault of each. */
export class FaultPlan {
  readonly #faults: Map<number, Fault>;
  #calls = 0;

  constructor(planned: readonly PlannedFault[]) {
    this.#faults = new Map(planned.map(({ call, fault }) => [call, fault]));
  }

  /** The number of calls so far. */
  get calls(): number {
    return this.#calls;
  }

  /** Whether a call has failed. */
  get hasFailed(): boolean {
    return [...this.#faults.keys()].some((call) => call < this.#calls);
  }

  next(): Fault | undefined {
    return this.#faults.get(this.#calls++);
  }
}
