import { currentSecond, expiryFor, idleTimeoutFor } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import type { LoadedSession } from "../records/store.js";
import type { Lifetime } from "../session.js";
import type { ResolvedOptions } from "./options.js";

/** The one decision about what is written to the store and sent to the client. */
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

/** A write, named after the event that reports it. */
export type StoreWrite = { readonly next: SessionRecord } & (
  | {
      /** A fresh session (`loaded` is `null`), or changed data. */
      readonly event: "saved";
      readonly loaded: LoadedSession | null;
    }
  | {
      /** A new ID, a value that an old key had sealed, or a later expiry. */
      readonly event: "regenerated" | "reissued" | "renewed";
      readonly loaded: LoadedSession;
    }
);

/** The handlers' result, from which the plan is made. */
export interface HandlerResult {
  /** Whether the handlers succeeded. If not, only `destroy()` and `regenerate()` are committed. */
  readonly succeeded: boolean;
  /**
   * Whether the response can deliver a Set-Cookie to the client. If not, renewals and reissues are
   * postponed to the next request: a client that misses the new expiry would drop the session early.
   */
  readonly canSetCookie: boolean;
  /** The data as text; `undefined` when no handler looked at them, or when the handlers failed. */
  readonly text: string | undefined;
  /** The text that a fresh session's data had when a handler first looked at them. */
  readonly untouchedText: string | undefined;
  readonly lifetime: Lifetime;
  readonly isRegenerated: boolean;
}

/** The write for a session that the handlers have looked at. */
export function planWrite(
  options: ResolvedOptions,
  loaded: LoadedSession | null,
  result: HandlerResult,
): StoreWrite | null {
  if (result.succeeded) {
    return loaded === null ? planFresh(options, result) : planLoaded(options, result, loaded);
  }
  if (loaded === null || !result.isRegenerated) return null;
  return { event: "regenerated", loaded, next: loaded };
}

function planFresh(
  options: ResolvedOptions,
  { text, untouchedText, lifetime, canSetCookie }: HandlerResult,
): StoreWrite | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !(options.defaults.arePersonal && canSetCookie)) return null;
  const created = currentSecond();
  const next = { text, created, expires: expiryFor(created, lifetime, options) };
  return { event: "saved", loaded: null, next };
}

function planLoaded(
  options: ResolvedOptions,
  { text, lifetime, canSetCookie, isRegenerated }: HandlerResult,
  loaded: LoadedSession,
): StoreWrite | null {
  const isChanged =
    text !== undefined &&
    text !== loaded.text &&
    text !== options.store.codec.reserialize(loaded.text);
  const expiry = expiryFor(loaded.created, lifetime, options);
  const gain = expiry - loaded.expires;
  // Scaled: a session whose own lifetime is shorter than renewAfter would never be renewed.
  const renewAfter = Math.floor(
    (options.renewAfter / options.idleTimeout) * idleTimeoutFor(lifetime, options),
  );
  const isRenewed =
    lifetime !== loaded.lifetime || (canSetCookie && gain > 0 && gain >= renewAfter);
  // One write does all that is due, and is named after the strongest reason: regenerating also
  // saves the data, saving also seals under the first key, and each of them may move the expiry.
  const event =
    (isRegenerated && "regenerated") ||
    (isChanged && "saved") ||
    (loaded.outdated && canSetCookie && "reissued") ||
    (isRenewed && "renewed");
  const next = {
    text: isChanged ? text : loaded.text,
    created: loaded.created,
    expires: isRenewed ? expiry : loaded.expires,
  };
  return event ? { event, loaded, next } : null;
}

/**
 * The plan without its data, which turned out to be too large: a log-out still clears the cookie
 * (the store has already removed the record), and `regenerate()` still changes the ID.
 */
export function withoutData({ clearsClient, write }: CommitPlan): CommitPlan | null {
  if (write?.event === "regenerated") {
    return { destroyed: null, write: { ...write, next: write.loaded }, clearsClient };
  }
  return clearsClient ? { destroyed: null, write: null, clearsClient } : null;
}
