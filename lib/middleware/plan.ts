import { currentSecond, expiryFor, idleTimeoutFor } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import type { LoadedSession } from "../records/store.js";
import type { Lifetime } from "../session.js";
import type { ResolvedOptions } from "./options.js";

/** What a request must write to its store and send to its client, decided once. */
export interface CommitPlan {
  /** The session that a handler has ended, to be removed from the store. */
  readonly destroyed: LoadedSession | null;
  readonly write: StoreWrite | null;
  /**
   * Whether the client must forget what it holds, unless the write gives it a new value. Always
   * `true` when a session was destroyed.
   */
  readonly clearsClient: boolean;
}

export type StoreWrite =
  | {
      /** `create`: a fresh session was changed. `keep`: personal defaults were read. */
      readonly kind: "create" | "keep";
      readonly loaded: null;
      readonly next: SessionRecord;
    }
  | {
      /**
       * `save`: the data changed. `regenerate`: a new ID. `reissue`: the value was sealed by an old
       * key. `renew`: only the expiry moves.
       */
      readonly kind: "save" | "regenerate" | "reissue" | "renew";
      readonly loaded: LoadedSession;
      readonly next: SessionRecord;
    };

/** What the handlers did to the session. */
export interface HandlerResult {
  /** The data as text; `undefined` when no handler looked at them. */
  readonly text: string | undefined;
  readonly lifetime: Lifetime;
  /**
   * Whether the response can deliver a Set-Cookie to the client. If not, renewals and reissues are
   * postponed to the next request: a client that misses the new expiry would drop the session early.
   */
  readonly canSetCookie: boolean;
}

/** The write for a fresh session. */
export function planFresh(
  options: ResolvedOptions,
  { text, lifetime, canSetCookie }: HandlerResult,
  untouchedText: string | undefined,
): StoreWrite | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !(options.defaults.arePersonal && canSetCookie)) return null;
  const created = currentSecond();
  const next = { text, created, expires: expiryFor(created, lifetime, options) };
  return { kind: isChanged ? "create" : "keep", loaded: null, next };
}

/** The write for a session that the handlers have looked at. */
export function planLoaded(
  options: ResolvedOptions,
  { text, lifetime, canSetCookie }: HandlerResult,
  loaded: LoadedSession,
  isRegenerated: boolean,
): StoreWrite | null {
  const isChanged =
    text !== undefined &&
    text !== loaded.text &&
    text !== options.store.codec.reserialize(loaded.text);
  const expiry = expiryFor(loaded.created, lifetime, options);
  const gain = expiry - loaded.expires;
  // Scaled, or a session whose own lifetime is shorter than renewAfter would never be renewed.
  const renewAfter = Math.floor(
    (options.renewAfter / options.idleTimeout) * idleTimeoutFor(lifetime, options),
  );
  const isRenewed =
    lifetime !== loaded.lifetime || (canSetCookie && gain > 0 && gain >= renewAfter);
  // One write does all that is due, and is named after the strongest reason: regenerating also
  // saves the data, saving also seals under the first key, and each of them may move the expiry.
  const kind =
    (isRegenerated && "regenerate") ||
    (isChanged && "save") ||
    (loaded.outdated && canSetCookie && "reissue") ||
    (isRenewed && "renew");
  const next = {
    text: isChanged ? text : loaded.text,
    created: loaded.created,
    expires: isRenewed ? expiry : loaded.expires,
  };
  return kind ? { kind, loaded, next } : null;
}

/**
 * What remains of a plan whose data turned out to be too large: a log-out still ends the session,
 * and `regenerate()` still changes the ID.
 */
export function withoutData({ clearsClient, write }: CommitPlan): CommitPlan | null {
  if (write?.kind === "regenerate") {
    return { destroyed: null, write: { ...write, next: write.loaded }, clearsClient };
  }
  return clearsClient ? { destroyed: null, write: null, clearsClient } : null;
}
