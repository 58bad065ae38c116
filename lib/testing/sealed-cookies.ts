import type { CookieStore, Unsealed } from "../cookie/cookie-store.js";
import type { SessionRecord } from "../record.js";
import type { FreshReason, StoreScope } from "../store.js";
import { called } from "./contract.js";
import { cookieHooksOf } from "./hooks.js";

/**
 * The hooks of a store as they are called by its base class: they must
 * answer in time, and never throw.
 */
export class SealedCookies {
  readonly #store: CookieStore;
  readonly #elsewhere: CookieStore;
  readonly #scope: StoreScope;

  constructor(store: CookieStore, elsewhere: CookieStore, scope: StoreScope) {
    this.#store = store;
    this.#elsewhere = elsewhere;
    this.#scope = scope;
  }

  seal(record: SessionRecord, name: string = this.#scope.cookieName): Promise<string> {
    return called("seal", () => cookieHooksOf(this.#store).seal(record, this.#scopeFor(name)));
  }

  sealElsewhere(record: SessionRecord): Promise<string> {
    return called("seal", () => cookieHooksOf(this.#elsewhere).seal(record, this.#scope));
  }

  unseal(value: string, name: string = this.#scope.cookieName): Promise<Unsealed | FreshReason> {
    return called("unseal", () => cookieHooksOf(this.#store).unseal(value, this.#scopeFor(name)));
  }

  async load(value: string): Promise<unknown> {
    return this.#store.load(value, this.#scope);
  }

  #scopeFor(cookieName: string): StoreScope {
    return { ...this.#scope, cookieName };
  }
}
