import { currentSecond } from "../records/expiry.js";
import type { SessionData } from "../session.js";
import type { Insertion, Replacement } from "./backend-hooks.js";
import { ExpiringMap } from "./expiring-map.js";
import { ExternalStore } from "./external-store.js";

/**
 * Keeps sessions in the memory of this process, for development and tests. A restart ends them all,
 * and other processes cannot see them.
 *
 * @example
 * ```ts
 * app.use(session({ store: new UnsafeMemoryStore() }));
 * ```
 */
export class UnsafeMemoryStore<Data extends object = SessionData> extends ExternalStore<Data> {
  readonly #records: ExpiringMap<string> = new ExpiringMap();
  /** For each owner, the keys of its sessions, and when each entry ends. */
  readonly #owners: ExpiringMap<Map<string, number>> = new ExpiringMap();

  /**
   * The number of records, with those that have expired and are not yet deleted, and with the tombstones
   * of sessions that have moved or ended.
   */
  get size(): number {
    return this.#records.size;
  }

  protected override read(key: string): string | null {
    return this.#records.get(key) ?? null;
  }

  protected override create(key: string, { text, ttl }: Insertion): boolean {
    if (this.read(key) !== null) return false;
    this.#records.set(key, text, currentSecond() + ttl);
    return true;
  }

  protected override update(key: string, { text, ttl, expected }: Replacement): boolean {
    if (this.read(key) !== expected) return false;
    this.#records.set(key, text, currentSecond() + ttl);
    return true;
  }

  protected override remove(key: string): void {
    this.#records.delete(key);
  }

  protected override link(owner: string, key: string, ttl: number): void {
    const now = currentSecond();
    const keys = this.#owners.get(owner) ?? new Map<string, number>();
    keys.set(key, Math.max(now + ttl, keys.get(key) ?? 0));
    let last = 0;
    for (const [other, expires] of keys) {
      if (expires <= now) keys.delete(other);
      else last = Math.max(last, expires);
    }
    this.#owners.set(owner, keys, last);
  }

  protected override unlink(owner: string, key: string): void {
    const keys = this.#owners.get(owner);
    keys?.delete(key);
    if (keys?.size === 0) this.#owners.delete(owner);
  }

  protected override linked(owner: string): string[] {
    return [...(this.#owners.get(owner)?.keys() ?? [])];
  }
}
