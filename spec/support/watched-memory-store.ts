import { UnsafeMemoryStore, type Insertion, type Replacement } from "../../lib/index.js";

/** A memory store that records the calls of its hooks. `down` makes all hooks fail. */
export class WatchedMemoryStore extends UnsafeMemoryStore {
  readonly calls: string[] = [];
  readonly keys: string[] = [];
  down = false;
  /** Hooks call one another. These inner calls are not recorded. */
  #isInside = false;

  protected override read(key: string): string | null {
    return this.#record("read", key, () => super.read(key));
  }

  protected override create(key: string, insertion: Insertion): boolean {
    return this.#record("create", key, () => super.create(key, insertion));
  }

  protected override update(key: string, replacement: Replacement): boolean {
    return this.#record("update", key, () => super.update(key, replacement));
  }

  protected override remove(key: string): void {
    this.#record("remove", key, () => super.remove(key));
  }

  #record<T>(hook: string, key: string, work: () => T): T {
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
