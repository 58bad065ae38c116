import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { DeviceBinder } from "../device-binding/binder.js";
import type { Lifetime, SessionData } from "../session.js";
import type { Timeouts } from "./expiry.js";
import type { SessionRecord } from "./record.js";

/**
 * What `session()` takes as its `store`: a store of this package, or one that extends `CookieStore` or
 * `ExternalStore`. The methods that `session()` calls are private to this package.
 */
export interface SessionStore<Data extends object = SessionData> {
  /** The version of the private protocol, so that `session()` refuses a store of another version. */
  readonly storeProtocol: 1;
  /** For TypeScript only, which learns from it the type of the data. There is no such method. */
  "~data"?(data: Data): void;
}

/**
 * Why the value that a client sent was rejected. The event `fresh` has it.
 *
 * - `malformed`: it does not have the form of this store's values.
 * - `tampered`: the seal is broken, or was made for another cookie name.
 * - `expired`: the session is over.
 * - `unknown`: there is no such record.
 * - `unknown-key`: it was sealed by a key that is not among the store's keys.
 * - `other-store`: another kind of store sealed it.
 * - `invalid`: the option `parse` refused the data.
 * - `unproven`: the session is bound to a device (`DeviceBinding`), and the request has no proof that it
 *   comes from there.
 */
export type RejectionReason =
  | "malformed"
  | "tampered"
  | "expired"
  | "unknown"
  | "unknown-key"
  | "other-store"
  | "invalid"
  | "unproven";

/**
 * What a client's value stands for: a session, or the reason why there is none. `"moved"` is the old
 * value of a session that has moved to a new one: the request was late.
 */
export type Found = LoadedSession | RejectionReason | "moved";

/** The request, the cookie and the timeouts for which `session()` calls a store. */
export interface SessionScope extends Timeouts {
  /** The request's context. */
  readonly ctx: RequestContext<any>;
  /** The name of the session's cookie. IDs and sealed values are bound to it. */
  readonly cookieName: string;
  /** @internal The option `deviceBinding`. */
  readonly binder?: DeviceBinder | undefined;
}

/** How a session is known: what the client holds, and where the record is. */
export type SessionNames = Pick<LoadedSession, "value" | "id" | "key" | "outdated">;

/** A session as its store found it. */
export interface LoadedSession extends SessionRecord {
  /** The sealed value or the ID that the client holds. */
  readonly value: string;
  /** The hash of the session's ID; `undefined` for a cookie store. */
  readonly id: string | undefined;
  /** The record's key in the backend: the prefix and `id`. Empty for a cookie store. */
  readonly key: string;
  /** Made for this request alone: no other code holds a reference to it. */
  readonly data: SessionData;
  readonly lifetime: Lifetime;
  /** Whether an old key sealed it, so that it must be reissued under the first key. */
  readonly outdated: boolean;
}

/** Returns the new binding for the newest one. */
export type NextBinding = (current: string | undefined) => string | undefined;

/** The result of a write. */
export interface SavedSession {
  /** The sealed value or the ID that the client must hold from now on. */
  readonly value: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** The session's own lifetime; after a merge it may be the one that another request set. */
  readonly lifetime: Lifetime;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}

/** The result of a committed `update()`. */
export interface UpdatedSession {
  readonly session: LoadedSession;
  /**
   * The data that the handler must see: the committed data, and the handler's pending changes on
   * top. Called when the data are replaced: the handler may have made more changes meanwhile.
   */
  dataWith(pending: SessionData): SessionData;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}
