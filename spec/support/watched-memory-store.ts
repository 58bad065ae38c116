import { UnsafeMemoryStore } from "../../lib/index.js";

/** The memory store, telling which of its hooks were called; `down` makes all of them fail. */
export class WatchedMemoryStore extends UnsafeMemoryStore {
  readonly calls: string[] = [];
  readonly keys: string[] = [];
  down = false;
  /** Hooks call one another, which is nobody's business. */
  #isInside = false;

  protected override read(key: string): string | null {
    return this.#noting("read", key, () => super.read(key));
  }

  protected override create(key: string, text: string, ttl: number): boolean {
    return this.#noting("create", key, () => super.create(key, text, ttl));
  }

  protected override update(key: string, text: string, ttl: number, expected: string): boolean {
    return this.#noting("update", key, () => super.update(key, text, ttl, expected));
  }

  protected override remove(key: string): void {
    this.#noting("remove", key, () => super.remove(key));
  }

  #noting<T>(hook: string, key: string, work: () => T): T {
    if (this.#isInside) return work();
    this.calls.push(hook);
    this.keys.push(key);
    if (this.down) throw new Error("connect ECONNREFUSED");
    this.#isInside = true;
    try {
      return work();
    } finally {
      this.#isInside = false;
    }
  }
}
