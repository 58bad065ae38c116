import type { CookieStore, Unsealed } from "../cookie/cookie-store.js";
import type { ExternalStore } from "../external/external-store.js";
import type { Backend } from "../external/backend-hooks.js";
import type { Awaitable } from "../platform/awaitable.js";
import { withinTime } from "../platform/time-limit.js";
import type { SessionRecord } from "../records/record.js";
import type { RejectionReason, SessionScope } from "../records/store.js";

/** The hooks of a cookie store. `CookieStore` says what each of them must do. */
export interface CookieStoreHooks {
  /** Turns a record into a value for the cookie. */
  seal(record: SessionRecord, scope: SessionScope): Awaitable<string>;
  /** The reverse of `seal`: the record, or the reason why the value is rejected. */
  unseal(value: string, scope: SessionScope): Awaitable<Unsealed | RejectionReason>;
}

/** Returns the same store with its protected hooks public, so that your specs can call them. */
export function externalHooksOf(store: ExternalStore): Backend {
  return store as unknown as Backend;
}

/** Returns the same store with its protected hooks public, so that your specs can call them. */
export function cookieHooksOf(store: CookieStore): CookieStoreHooks {
  return store as unknown as CookieStoreHooks;
}

const HOOK_TIMEOUT_SECONDS = 10;

/** The answer of a hook, which must neither throw nor take longer than `seconds`. */
export async function callHook<T>(
  name: string,
  hook: () => Awaitable<T>,
  seconds: number = HOOK_TIMEOUT_SECONDS,
): Promise<T> {
  try {
    return await withinTime(seconds, Promise.resolve(hook()));
  } catch (cause) {
    throw new Error(`${name}() failed.`, { cause });
  }
}
