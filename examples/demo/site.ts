import type { RequestHandler } from "@hattip/compose";
import { DeviceBinding, EncryptedCookieStore, session, type SessionKey } from "@hattip/session";
import { emptyData } from "./data.js";
import { Journal } from "./journal.js";
import { asTransparent, type TransparentStore } from "./transparent-stores.js";
import { isKeyed, openStore, type DemoStore, type StoreName } from "./stores.js";

/** Timeouts in seconds. With the short ones, a visitor can watch a session end. */
export const PACES = {
  day: { idleTimeout: 86_400, absoluteTimeout: 2_592_000 },
  minute: { idleTimeout: 20, absoluteTimeout: 60 },
} as const;
export type Pace = keyof typeof PACES;

/**
 * How long a browser's proof counts. Chrome renews it at any request in its last two minutes, and signs
 * six times in nine minutes: with less time, a visitor who clicks often would soon have no proof.
 */
const PROOF_SECONDS = 300;

/** The size of the key ring. A new key replaces the oldest one. */
const MAX_KEYS = 3;

/** One store with one pair of timeouts. Each site has its own path and its own cookie. */
export class Site {
  readonly store: StoreName;
  readonly pace: Pace;
  readonly path: string;
  readonly cookieName: string;
  readonly isSecure: boolean;
  readonly journal: Journal = new Journal();
  #keys: readonly SessionKey[];
  #opened!: DemoStore;
  #session!: RequestHandler;

  /**
   * @param isSecure - Whether the demo is served over https. If so, the cookie's name has the
   * prefix `__Host-`.
   */
  constructor(store: StoreName, pace: Pace, keys: readonly SessionKey[], isSecure: boolean) {
    this.store = store;
    this.pace = pace;
    this.path = `/${store}/${pace}`;
    this.cookieName = `${isSecure ? "__Host-" : ""}${store}-${pace}`;
    this.isSecure = isSecure;
    this.#keys = keys;
    this.#open();
  }

  /** The current middleware. A key rotation replaces it. */
  get session(): RequestHandler {
    return this.#session;
  }

  get keyCount(): number {
    return isKeyed(this.store) ? this.#keys.length : 0;
  }

  /**
   * Adds a new first key. Values under the old keys stay valid while these keys are in the ring,
   * and are reissued when a request sends them. A store gets its keys at construction, so a
   * rotation creates a new store. With several servers, first add the new key at the end of every
   * ring, so that each server can open the values of every other one.
   */
  async rotateKey(): Promise<void> {
    if (!isKeyed(this.store)) return;
    const key = await EncryptedCookieStore.generateKey();
    this.#keys = [key, ...this.#keys].slice(0, MAX_KEYS);
    this.#open();
  }

  /** The external store; `null` if the data are in the cookie. */
  get external(): TransparentStore | null {
    return asTransparent(this.#opened);
  }

  async close(): Promise<void> {
    await this.#opened.close?.();
  }

  #open(): void {
    this.#opened = openStore(this.store, this.pace, this.#keys);
    this.#session = session({
      store: this.#opened,
      defaultSessionData: emptyData,
      cookieName: this.cookieName,
      ...PACES[this.pace],
      deviceBinding: this.#deviceBinding(),
      onEvent: (event, ctx) => this.journal.note(event, ctx),
    });
  }

  /** Only an external store has a place for the public key of a device. */
  #deviceBinding(): DeviceBinding | undefined {
    if (!this.external) return undefined;
    // Under the site's path, so that the requests of browsers reach this site.
    const path = `${this.path}/session-binding`;
    return new DeviceBinding({ proofSeconds: PROOF_SECONDS, path });
  }
}
