// A store on Keyv that your app can import. spec/examples/keyv-store.spec.ts shows how to use it.
import {
  ExternalStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "@hattip/session";
import type { Keyv } from "keyv";

/**
 * Keeps sessions in Keyv, which has adapters for some thirty databases and services.
 *
 * Keyv has no compare-and-swap: this store reads, compares and writes, so it gives weaker guarantees
 * than other stores. If two requests change one session at the same moment, one change may be lost.
 * `ctx.session.update()` is not atomic. A request that writes at the moment of a logout or of a
 * `regenerate()` can bring the old session back. The store declares this by `compares`.
 */
export class KeyvSessionStore extends ExternalStore {
  readonly #keyv: Keyv<string>;

  constructor({ keyv, ...options }: ExternalStoreOptions & { keyv: Keyv<string> }) {
    super(options);
    if (!keyv.throwOnErrors) {
      // Without it, a database that is down looks like an empty database.
      throw new TypeError("Keyv must have the option throwOnErrors: true.");
    }
    this.#keyv = keyv;
  }

  protected override get compares(): boolean {
    return false;
  }

  protected async read(key: string): Promise<string | null> {
    return (await this.#keyv.get(key)) ?? null;
  }

  protected async create(key: string, { text, ttl }: Insertion): Promise<boolean> {
    return this.#keyv.set(key, text, ttl * 1000);
  }

  protected async update(key: string, { text, ttl, expected }: Replacement): Promise<boolean> {
    if ((await this.read(key)) !== expected) return false;
    return this.#keyv.set(key, text, ttl * 1000);
  }

  protected async remove(key: string): Promise<void> {
    await this.#keyv.delete(key);
  }
}
