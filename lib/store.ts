import type { RequestContext } from "./hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "./platform/awaitable.js";
import type { Lifetime, SessionData, SessionRecord } from "./record.js";

/**
 * Why the value that a client sent was not accepted as a session: `malformed` (not of this store's
 * form), `tampered` (the seal is broken, or was made for another cookie name), `expired`, `unknown`
 * (no such record), `unknown-key` (sealed by a key that is not in the ring), `other-store` (sealed
 * by another kind of store) and `invalid` (`parse` refused the data).
 */
export type FreshReason =
  "malformed" | "tampered" | "expired" | "unknown" | "unknown-key" | "other-store" | "invalid";

/** A session as it was found in its store. */
export interface LoadedSession extends SessionRecord {
  /** What the client holds: the sealed cookie or the ID. */
  readonly value: string;
  /** Where its store finds it again: the key of the record; empty for a cookie store. */
  readonly key: string;
  /** Made for this request alone: nothing else holds on to it. */
  readonly data: SessionData;
  readonly lifetime: Lifetime;
  /** Sealed by a key that is no longer the first: to be issued anew. */
  readonly outdated: boolean;
}

/** What has been written. */
export interface SavedSession {
  /** What the client is to hold from now on. */
  readonly value: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** The session's own; after a merge it may be what another request has set. */
  readonly lifetime: Lifetime;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}

/** Where a store works: one request, one cookie name. */
export interface StoreScope {
  readonly ctx: RequestContext<any>;
  readonly cookieName: string;
  /** Seconds from its creation after which a session is over, whatever happens. */
  readonly absoluteTimeout: number;
}

/**
 * All that `session()` asks of a store. Extend `CookieStore` or
 * `ExternalStore` rather than implement it.
 *
 * What a client sends is never an exception: a throw means that the system failed.
 */
export interface SessionStore {
  /** @throws {SessionError} `ERR_SESSION_DATA` for data that cannot be stored. */
  serialize(data: SessionData, lifetime?: Lifetime): string;
  /**
   * What `serialize` makes of the data of this text when nobody has changed them. Stores for which
   * that is the text itself leave it out.
   */
  reserialize?(text: string): string;
  /** The session that the value stands for, or the reason why it stands for none. */
  load(value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason>;
  /**
   * Writes a new session (`loaded` is `null`) or a changed one; `null` when the
   * session has ended meanwhile.
   */
  save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: StoreScope,
  ): Awaitable<SavedSession | null>;
  /**
   * As `save`, under a new value; where values can be revoked the old one is dead when it resolves.
   */
  regenerate(
    loaded: LoadedSession,
    next: SessionRecord,
    scope: StoreScope,
  ): Awaitable<SavedSession | null>;
  /** Ends the session, where there is something on the server to end. */
  destroy(loaded: LoadedSession, scope: StoreScope): Awaitable<void>;
  /**
   * Commits at once what `change` does to the newest data; `null` when the session has ended.
   * Stores that have nothing to commit to leave it out.
   *
   * @param pending - Answers with the data as the handler has them now. `change` sees what is not
   * saved of them, but that is not committed.
   */
  apply?(
    loaded: LoadedSession,
    pending: () => SessionData,
    change: (data: SessionData) => void,
    scope: StoreScope,
  ): Awaitable<UpdatedSession | null>;
  /** The request is over, whatever happened. Stores that opened nothing for it leave it out. */
  release?(scope: StoreScope): Awaitable<void>;
}

/** What `SessionStore.apply` has committed. */
export interface UpdatedSession {
  readonly session: LoadedSession;
  /**
   * What the handler is to see: the committed data with the changes on top that are still pending.
   * Called when they are put in place: the handler may have gone on changing them.
   */
  dataWith(pending: SessionData): SessionData;
  /** Whether another request's changes came in. */
  readonly merged: boolean;
}
