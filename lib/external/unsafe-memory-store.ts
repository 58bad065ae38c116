import { currentSecond } from "../records/expiry.js";
import type { SessionData } from "../session.js";
import { ExternalStore } from "./external-store.js";
import type { Insertion, Replacement } from "./guarded-backend.js";

interface Entry {
  readonly text: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** More than one for each write, so that the sweep is faster than new sessions come in. */
const ENTRIES_SWEPT_PER_WRITE = 2;

/**
 * Keeps sessions in the memory of this process: for development and tests. A restart ends them all,
 * and a second process cannot see them.
 *
 * @example
 * ```ts
 * app.use(session({ store: new UnsafeMemoryStore() }));
 * ```
 */
export class UnsafeMemoryStore<Data extends object = SessionData> extends ExternalStore<Data> {
  readonly #entries: Map<string, Entry> = new Map();
  #sweep: Iterator<[string, Entry]> = this.#entries.entries();

  /**
   * The number of records, including those that have expired and are not swept yet, and the tombstones
   * of sessions that have moved or ended.
   */
  get size(): number {
    return this.#entries.size;
  }

  protected override read(key: string): string | null {
    const entry = this.#entries.get(key);
    return entry && currentSecond() < entry.expires ? entry.text : null;
  }

  protected override create(key: string, insertion: Insertion): boolean {
    if (this.read(key) !== null) return false;
    this.#write(key, insertion);
    return true;
  }

  protected override update(key: string, replacement: Replacement): boolean {
    if (this.read(key) !== replacement.expected) return false;
    this.#write(key, replacement);
    return true;
  }

  protected override remove(key: string): void {
    this.#entries.delete(key);
  }

  #write(key: string, { text, ttl }: Insertion): void {
    const now = currentSecond();
    this.#entries.set(key, { text, expires: now + ttl });
    for (let count = 0; count < ENTRIES_SWEPT_PER_WRITE; count++) {
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = this.#entries.entries();
        return;
      }
      const [oldKey, { expires }] = next.value;
      if (expires <= now) this.#entries.delete(oldKey);
    }
  }
}
