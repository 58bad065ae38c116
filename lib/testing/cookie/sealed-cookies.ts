import type { CookieStore, Unsealed } from "../../cookie/cookie-store.js";
import type { Awaitable } from "../../platform/awaitable.js";
import type { SessionRecord } from "../../records/record.js";
import type { RejectionReason, SessionScope } from "../../records/store.js";
import { callHook, cookieHooksOf } from "../hooks.js";

/** Runs a check on stores that only this check uses. */
export type WithCookies = (check: (cookies: SealedCookies) => Promise<void>) => () => Promise<void>;

/** Calls the hooks of two stores with the same keys. A hook that throws or hangs fails the spec. */
export class SealedCookies {
  readonly #store: CookieStore;
  readonly #otherStore: CookieStore;
  readonly #scope: SessionScope;

  constructor(store: CookieStore, otherStore: CookieStore, scope: SessionScope) {
    this.#store = store;
    this.#otherStore = otherStore;
    this.#scope = scope;
  }

  seal(record: SessionRecord, cookieName: string = this.#scope.cookieName): Promise<string> {
    const scope = { ...this.#scope, cookieName };
    return callHook("seal", () => cookieHooksOf(this.#store).seal(record, scope));
  }

  /** Seals like another process with the same keys. */
  sealInOtherStore(record: SessionRecord): Promise<string> {
    return callHook("seal", () => cookieHooksOf(this.#otherStore).seal(record, this.#scope));
  }

  unseal(
    value: string,
    cookieName: string = this.#scope.cookieName,
  ): Promise<Unsealed | RejectionReason> {
    const scope = { ...this.#scope, cookieName };
    return callHook("unseal", () => cookieHooksOf(this.#store).unseal(value, scope));
  }

  load(value: string): Awaitable<unknown> {
    return this.#store.load(value, this.#scope);
  }
}
