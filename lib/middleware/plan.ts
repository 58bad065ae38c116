import { currentSecond, expiryFor, idleTimeoutFor } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import { lifetimeOf } from "../records/session-codec.js";
import type { LoadedSession } from "../records/store.js";
import type { Lifetime } from "../session.js";
import type { ResolvedOptions } from "./options.js";
import type { SessionView } from "./session-view.js";

/** The one decision about what is written to the store and sent to the client. */
export interface CommitPlan {
  /** The session as the client holds it; `null` if it holds none. */
  readonly held: LoadedSession | null;
  /** The session as it is, without the write; `null` if there is none. */
  readonly current: LoadedSession | null;
  readonly write: StoreWrite | null;
  /** Whether the client must forget what it holds, if there is no session for it. */
  readonly clearsClient: boolean;
  /** The binding for which the browser is asked to register a key, after `regenerate()`. */
  readonly offered?: string | undefined;
}

/** A write, named after the event that reports it. */
export type StoreWrite = { readonly next: SessionRecord } & (
  | {
      /** A fresh session (`loaded` is `null`), or changed data. */
      readonly event: "saved";
      readonly loaded: LoadedSession | null;
    }
  | {
      /** A value that an old key had sealed, or a later expiry. */
      readonly event: "reissued" | "renewed";
      readonly loaded: LoadedSession;
    }
);

/** What the client holds, and what it can be told. */
interface Client extends Pick<CommitPlan, "held" | "clearsClient"> {
  /** Whether a Set-Cookie can be put on the response. */
  readonly canSetCookie: boolean;
  /** Whether the client will not see this response, because the request has been passed on. */
  readonly isDropped: boolean;
}

/** @param isDue - Whether the session may be written: the handlers have succeeded, and used it. */
export function planCommit(
  options: ResolvedOptions,
  view: SessionView,
  { held, clearsClient, canSetCookie, isDropped }: Client,
  isDue: boolean,
): CommitPlan {
  const write = isDue ? planWrite(options, view, canSetCookie && !isDropped) : null;
  const { loaded: current, lifetime } = view;
  // Of a new record or another lifetime, the client would have to learn. (A cookie store writes none.)
  const isNews = current === null || lifetime !== held?.lifetime;
  const isUseless = isDropped && isNews && options.store.keepsSessions;
  const offered = view.isRegenerated ? (current ?? write?.next)?.binding : undefined;
  return { held, current, write: isUseless ? null : write, clearsClient, offered };
}

/**
 * @param canTell - Whether the response can deliver a Set-Cookie to the client. If not, renewals and
 * reissues are postponed to the next request: a client that misses the new expiry would drop the
 * session early.
 */
function planWrite(
  options: ResolvedOptions,
  view: SessionView,
  canTell: boolean,
): StoreWrite | null {
  const { loaded } = view;
  return loaded === null
    ? planFresh(options, view, canTell)
    : planLoaded(options, view, loaded, canTell);
}

function planFresh(
  options: ResolvedOptions,
  { text, untouchedText, lifetime, isRegenerated }: SessionView,
  canTell: boolean,
): StoreWrite | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !(options.defaults.arePersonal && canTell)) return null;
  const created = currentSecond();
  const binding = isRegenerated ? options.binder?.carry(undefined) : undefined;
  const next = { text, created, expires: expiryFor(created, lifetime, options), binding };
  return { event: "saved", loaded: null, next };
}

function planLoaded(
  options: ResolvedOptions,
  { text, lifetime }: SessionView,
  loaded: LoadedSession,
  canTell: boolean,
): StoreWrite | null {
  const isChanged = text !== undefined && options.store.codec.isChange(text, loaded.text);
  const expiry = expiryAfter(options, loaded, lifetime);
  const isRenewed = lifetime !== loaded.lifetime || (canTell && expiry > loaded.expires);
  // One write does all that is due, and is named after the strongest reason: saving also seals under
  // the first key, and each of them may move the expiry.
  const event =
    (isChanged && "saved") ||
    (loaded.outdated && canTell && "reissued") ||
    (isRenewed && "renewed");
  const next = {
    text: isChanged ? text : loaded.text,
    created: loaded.created,
    expires: isRenewed ? expiry : Math.min(loaded.expires, expiry),
  };
  return event ? { event, loaded, next } : null;
}

/**
 * When a session ends that no later request uses: at a later second than its record says, if the
 * renewal is due, and never later than the timeouts of today allow.
 */
export function expiryAfter(
  options: ResolvedOptions,
  loaded: LoadedSession,
  lifetime: Lifetime,
): number {
  const expiry = expiryFor(loaded.created, lifetime, options);
  const gain = expiry - loaded.expires;
  // Scaled: a session whose own lifetime is shorter than renewAfter would never be renewed.
  const renewAfter = Math.floor(
    (options.renewAfter / options.idleTimeout) * idleTimeoutFor(lifetime, options),
  );
  const isDue = lifetime !== loaded.lifetime || gain >= renewAfter;
  return isDue ? expiry : Math.min(loaded.expires, expiry);
}

/**
 * Whether the client must get a cookie because of the plan. Without it, the client would lose the
 * session, keep it for another time than the server, or keep one that has ended.
 */
export function needsCookie({ store }: ResolvedOptions, plan: CommitPlan): boolean {
  const { held, current, write, clearsClient } = plan;
  if (!write) {
    // What the server has ended is worthless in the browser.
    return current === null ? clearsClient && !store.keepsSessions : current.value !== held?.value;
  }
  return (
    !store.keepsSessions ||
    write.loaded === null ||
    write.loaded.value !== held?.value ||
    lifetimeOf(write.next.text) !== held.lifetime
  );
}
