import type { CookieStore, Unsealed } from "../cookie/cookie-store.js";
import type { ExternalStore } from "../external/external-store.js";
import type { BackendHooks } from "../external/records.js";
import type { Awaitable } from "../platform/awaitable.js";
import type { SessionRecord } from "../record.js";
import type { FreshReason, StoreScope } from "../store.js";

/** The protected side of an external store. */
export interface ExternalStoreHooks extends BackendHooks {
  /** Whether `update` compares. */
  readonly compares: boolean;
}

/** The protected side of a cookie store. */
export interface CookieStoreHooks {
  /** A record as a value for the cookie. */
  seal(record: SessionRecord, scope: StoreScope): Awaitable<string>;
  /** The reverse; a reason for what is none. */
  unseal(value: string, scope: StoreScope): Awaitable<Unsealed | FreshReason>;
}

/** The hooks of a store, for its specs: the same object, seen from inside. */
export function externalHooksOf(store: ExternalStore): ExternalStoreHooks {
  return store as unknown as ExternalStoreHooks;
}

/** As `externalHooksOf`, of a cookie store. */
export function cookieHooksOf(store: CookieStore): CookieStoreHooks {
  return store as unknown as CookieStoreHooks;
}
