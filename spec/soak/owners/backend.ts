import type { Address } from "./messages.js";

/** The real servers of one run. */
export interface Backend {
  readonly title: string;
  readonly address: Address;
  /** The Redis client of each process. */
  readonly clients: readonly string[];
  readonly timeoutSeconds: number;
  /** What is still stored: records, tombstones and indexes. */
  leftovers(): Promise<Leftovers>;
  /** Breaks it in the middle of the run: how often. */
  readonly faults: readonly (() => Promise<void>)[];
  /** Whether a fault may have lost what had been acknowledged under this key. */
  mayHaveLost(key: string): boolean;
  stop(): Promise<void>;
}

export interface Leftovers {
  readonly count: number;
  /** After so many seconds, the last one is gone; `Infinity` if it would stay. */
  readonly seconds: number;
}
