import { currentSecond } from "../records/expiry.js";

interface Entry<T> {
  readonly value: T;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** More than one for each write, so that the sweep is faster than new entries come in. */
const ENTRIES_SWEPT_PER_WRITE = 2;

/** A map whose entries end. It is swept by its writes: it has no timer. */
export class ExpiringMap<T> {
  readonly #entries: Map<string, Entry<T>> = new Map();
  #sweep: Iterator<[string, Entry<T>]> = this.#entries.entries();

  /** The number of entries, including those that have ended and are not swept yet. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    return entry && currentSecond() < entry.expires ? entry.value : undefined;
  }

  /** @param expires - Seconds since 1970. */
  set(key: string, value: T, expires: number): void {
    this.#entries.set(key, { value, expires });
    for (let count = 0; count < ENTRIES_SWEPT_PER_WRITE; count++) {
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = this.#entries.entries();
        return;
      }
      const [oldKey, old] = next.value;
      if (old.expires <= currentSecond()) this.#entries.delete(oldKey);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
