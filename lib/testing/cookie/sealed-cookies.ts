import type { CookieStore, Unsealed } from "../../cookie/cookie-store.js";
import type { Awaitable } from "../../platform/awaitable.js";
import type { SessionRecord } from "../../records/record.js";
import type { RejectionReason, SessionScope } from "../../records/store.js";
import { callHook, cookieHooksOf } from "../hooks.js";

/** The largest number of seconds that the timeouts of `session()` can have. */
export const LONGEST_TIMEOUT_SECONDS = 1_000_000_000;

/** Makes a store like a process that has just started. */
export type StartProcess = () => Promise<SealedCookies>;

/** Calls the hooks of one store. A hook that throws or hangs fails the spec. */
export class SealedCookies {
  readonly store: CookieStore;
  readonly #scope: SessionScope;

  constructor(store: CookieStore, scope: SessionScope) {
    this.store = store;
    // Stores may reject what outlives the timeout, and records with the longest one are tested, too.
    this.#scope = { ...scope, absoluteTimeout: LONGEST_TIMEOUT_SECONDS };
  }

  seal(record: SessionRecord, cookieName: string = this.#scope.cookieName): Promise<string> {
    const scope = { ...this.#scope, cookieName };
    return callHook("seal", () => cookieHooksOf(this.store).seal(record, scope));
  }

  unseal(
    value: string,
    cookieName: string = this.#scope.cookieName,
  ): Promise<Unsealed | RejectionReason> {
    const scope = { ...this.#scope, cookieName };
    return callHook("unseal", () => cookieHooksOf(this.store).unseal(value, scope));
  }

  load(value: string): Awaitable<unknown> {
    return this.store.load(value, this.#scope);
  }
}
