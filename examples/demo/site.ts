import type { RequestHandler } from "@hattip/compose";
import { EncryptedCookieStore, session } from "@hattip/session";
import { emptyData } from "./data.js";
import { Journal } from "./journal.js";
import { isKeyed, openStore, type DemoStore, type StoreName } from "./stores.js";

/** How long sessions live, in seconds. The short ones are for watching them end. */
export const PACES = {
  day: { idleTimeout: 86_400, absoluteTimeout: 2_592_000 },
  minute: { idleTimeout: 20, absoluteTimeout: 60 },
} as const;
export type Pace = keyof typeof PACES;

/** As many as a ring holds here: the oldest goes when a new one comes. */
const MAX_KEYS = 3;

/** One store with one pair of time-outs, at a path of its own and with a cookie of its own. */
export class Site {
  readonly store: StoreName;
  readonly pace: Pace;
  readonly path: string;
  readonly cookieName: string;
  readonly isSecure: boolean;
  readonly journal: Journal = new Journal();
  #keys: readonly CryptoKey[];
  #opened!: DemoStore;
  #session!: RequestHandler;

  /**
   * @param isSecure Whether the demo is served over https, where the cookie
   * takes the `__Host-` prefix.
   */
  constructor(store: StoreName, pace: Pace, keys: readonly CryptoKey[], isSecure: boolean) {
    this.store = store;
    this.pace = pace;
    this.path = `/${store}/${pace}`;
    this.cookieName = `${isSecure ? "__Host-" : ""}${store}-${pace}`;
    this.isSecure = isSecure;
    this.#keys = keys;
    this.#open();
  }

  /** The middleware of the day: rotating the key puts another one here. */
  get session(): RequestHandler {
    return this.#session;
  }

  get keyCount(): number {
    return isKeyed(this.store) ? this.#keys.length : 0;
  }

  /**
   * Puts a new key in front. What the old ones sealed stays good while they are in the ring, and
   * is issued anew when it comes by. Stores take their keys at construction, so there is a new
   * store. With several servers, the new key must first be at the end of every ring, so that each
   * can read what another seals.
   */
  async rotateKey(): Promise<void> {
    if (!isKeyed(this.store)) return;
    const key = await EncryptedCookieStore.generateKey();
    this.#keys = [key, ...this.#keys].slice(0, MAX_KEYS);
    this.#open();
  }

  /** The record under a key of the store's backend; `undefined` for stores that have no backend. */
  async peek(key: string): Promise<string | null | undefined> {
    return this.#opened.peek?.(key);
  }

  async close(): Promise<void> {
    await this.#opened.close?.();
  }

  #open(): void {
    this.#opened = openStore(this.store, this.#keys);
    this.#session = session({
      store: this.#opened,
      defaultSessionData: emptyData,
      cookieName: this.cookieName,
      ...PACES[this.pace],
      onEvent: (event, ctx) => this.journal.note(event, ctx),
    });
  }
}
