import { UnsafeMemoryStore } from "../../lib/index.js";

/** The memory store, telling which of its hooks were called; `down` makes all of them fail. */
export class WatchedMemoryStore extends UnsafeMemoryStore {
  readonly calls: string[] = [];
  readonly keys: string[] = [];
  down = false;

  protected override read(key: string): string | null {
    this.#note("read", key);
    return super.read(key);
  }

  protected override create(key: string, text: string, ttl: number): boolean {
    this.#note("create", key);
    return super.create(key, text, ttl);
  }

  protected override update(key: string, text: string, ttl: number, expected: string): boolean {
    this.#note("update", key);
    return super.update(key, text, ttl, expected);
  }

  protected override remove(key: string): void {
    this.#note("remove", key);
    super.remove(key);
  }

  #note(hook: string, key: string): void {
    this.calls.push(hook);
    this.keys.push(key);
    if (this.down) throw new Error("connect ECONNREFUSED");
  }
}
