import { assertKnownOptions } from "../option-checks.js";
import { currentSecond } from "../record.js";
import { EXTERNAL_STORE_OPTIONS, type ExternalStoreOptions } from "./external-store-options.js";
import { ExternalStore } from "./external-store.js";

interface Entry {
  text: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

/** For every write, so that the sweep keeps ahead of the sessions that come. */
const SWEPT_PER_WRITE = 2;

/**
 * Keeps sessions in the memory of this process: for development and tests. A restart ends them all,
 * and a second process knows nothing of them.
 *
 * @example
 * ```ts
 * app.use(session({ store: new UnsafeMemoryStore(), defaultSessionData: {} }));
 * ```
 */
export class UnsafeMemoryStore extends ExternalStore {
  readonly #entries: Map<string, Entry> = new Map();
  #sweep: Iterator<[string, Entry]> = this.#entries.entries();

  constructor(options: ExternalStoreOptions = {}) {
    super(options);
    assertKnownOptions("UnsafeMemoryStore", options, EXTERNAL_STORE_OPTIONS);
  }

  /** How many records there are, expired ones that have not been swept yet among them. */
  get size(): number {
    return this.#entries.size;
  }

  protected read(key: string): string | null {
    const entry = this.#entries.get(key);
    return entry && currentSecond() < entry.expires ? entry.text : null;
  }

  protected create(key: string, text: string, ttl: number): boolean {
    if (this.read(key) !== null) return false;
    this.#write(key, text, ttl);
    return true;
  }

  protected update(key: string, text: string, ttl: number, expected: string): boolean {
    if (this.read(key) !== expected) return false;
    this.#write(key, text, ttl);
    return true;
  }

  protected remove(key: string): void {
    this.#entries.delete(key);
  }

  #write(key: string, text: string, ttl: number): void {
    const now = currentSecond();
    this.#entries.set(key, { text, expires: now + ttl });
    for (let i = 0; i < SWEPT_PER_WRITE; i++) {
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
