import { currentSecond, type Lifetime, type SessionRecord } from "../record.js";
import type { LoadedSession } from "../store.js";
import type { Settings } from "./options.js";

/** What a request asks of its store and of its response, decided once. */
export interface Decision {
  /** Ended by the handler: to be removed from the store. */
  readonly destroyed: LoadedSession | null;
  readonly planned: PlannedWrite | null;
  /**
   * The client is to forget what it holds, unless a write gives it something new. Always so
   * when a session was destroyed.
   */
  readonly clears: boolean;
}

export type PlannedWrite =
  | {
      /** `create` a session that was changed, `keep` defaults that were only seen. */
      readonly kind: "create" | "keep";
      readonly loaded: null;
      readonly next: SessionRecord;
    }
  | {
      /**
       * `save` changed data, `regenerate` the ID, `reissue` what an old key has
       * sealed, `renew` the expiry.
       */
      readonly kind: "save" | "regenerate" | "reissue" | "renew";
      readonly loaded: LoadedSession;
      readonly next: SessionRecord;
    };

/**
 * What is left of a decision when its data turn out to be too large: who logs out is out, and who
 * changes the ID gets a new one.
 */
export function withoutData({ clears, planned }: Decision): Decision | null {
  if (planned?.kind === "regenerate") {
    return { destroyed: null, planned: { ...planned, next: planned.loaded }, clears };
  }
  return clears ? { destroyed: null, planned: null, clears } : null;
}

type Rules = Pick<
  Settings,
  "store" | "defaults" | "idleTimeout" | "absoluteTimeout" | "renewAfter"
>;

/**
 * For a fresh session; `text` is there if the handler has looked at the data.
 *
 * @param tells - Whether the client is sure to be told. If not, what may wait
 * for the next request waits.
 */
export function writeOfFresh(
  rules: Rules,
  text: string | undefined,
  untouchedText: string | undefined,
  lifetime: Lifetime,
  tells: boolean,
): PlannedWrite | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !(rules.defaults.arePersonal && tells)) return null;
  const created = currentSecond();
  const next = { text, created, expires: dueOf(rules, created, lifetime) };
  return { kind: isChanged ? "create" : "keep", loaded: null, next };
}

/**
 * For a session that was there and that the handler has looked at; `text` is there if it has looked
 * at the data.
 */
export function writeOfLoaded(
  rules: Rules,
  loaded: LoadedSession,
  text: string | undefined,
  lifetime: Lifetime,
  isRegenerated: boolean,
  tells: boolean,
): PlannedWrite | null {
  const isChanged =
    text !== undefined && text !== loaded.text && text !== rules.store.reserialize?.(loaded.text);
  const { created } = loaded;
  const due = dueOf(rules, created, lifetime);
  const gain = due - loaded.expires;
  // In proportion, or a session with a short lifetime of its own would never be renewed.
  const renewAfter = Math.floor((rules.renewAfter / rules.idleTimeout) * idleOf(rules, lifetime));
  // Of an expiry that the client does not hear of, it would be the one who forgets the session.
  const isRenewed = lifetime !== loaded.lifetime || (tells && gain > 0 && gain >= renewAfter);
  const kind =
    (isRegenerated && "regenerate") ||
    (isChanged && "save") ||
    (loaded.outdated && tells && "reissue") ||
    (isRenewed && "renew");
  const next = {
    text: isChanged ? text : loaded.text,
    created,
    expires: isRenewed ? due : loaded.expires,
  };
  return kind ? { kind, loaded, next } : null;
}

/** The first second at which the session is over if nothing more is heard of it. */
function dueOf(rules: Rules, created: number, lifetime: Lifetime): number {
  return Math.min(currentSecond() + idleOf(rules, lifetime), created + rules.absoluteTimeout);
}

/**
 * Seconds: browsers keep no cookie longer (RFC 6265bis, 5.6.3), so that it must
 * have been renewed by then.
 */
const MAX_IDLE = 400 * 86_400;

function idleOf({ idleTimeout }: Rules, lifetime: Lifetime): number {
  return Math.min(typeof lifetime === "number" ? lifetime : idleTimeout, MAX_IDLE);
}
