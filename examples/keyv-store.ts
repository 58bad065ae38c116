// A store on Keyv, for your app to import: spec/examples/keyv-store.spec.ts shows it at work.
import { ExternalStore, type ExternalStoreOptions } from "@hattip/session";
import type { Keyv } from "keyv";

/**
 * Keeps sessions in whatever Keyv has an adapter for: some thirty databases and services.
 *
 * Keyv has no conditional write, and so this store cannot promise all that others do. Of two
 * requests that change one session at the same time, one change is lost;
 * `ctx.session.update()` is not atomic; and a request that is under way during a logout may
 * bring the session back. It says so by `compares`.
 */
export class KeyvSessionStore extends ExternalStore {
  readonly #keyv: Keyv<string>;

  constructor({ keyv, ...options }: ExternalStoreOptions & { keyv: Keyv<string> }) {
    super(options);
    if (!keyv.throwOnErrors) {
      // Else a database that is down looks like one that knows nobody.
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

  protected async create(key: string, text: string, ttl: number): Promise<boolean> {
    return this.#keyv.set(key, text, ttl * 1000);
  }

  protected async update(key: string, text: string, ttl: number): Promise<boolean> {
    if ((await this.read(key)) === null) return false;
    return this.#keyv.set(key, text, ttl * 1000);
  }

  protected async remove(key: string): Promise<void> {
    await this.#keyv.delete(key);
  }
}
