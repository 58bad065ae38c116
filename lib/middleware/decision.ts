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

/** What the handlers have left behind. */
interface Outcome {
  /** The data as text, if they have looked at them. */
  readonly text: string | undefined;
  readonly lifetime: Lifetime;
  /** Whether the client is sure to be told. If not, what may wait for the next request waits. */
  readonly tells: boolean;
}

/** For a fresh session. */
export function writeOfFresh(
  settings: Settings,
  { text, lifetime, tells }: Outcome,
  untouchedText: string | undefined,
): PlannedWrite | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !(settings.defaults.arePersonal && tells)) return null;
  const created = currentSecond();
  const next = { text, created, expires: dueOf(settings, created, lifetime) };
  return { kind: isChanged ? "create" : "keep", loaded: null, next };
}

/** For a session that was there and that the handlers have looked at. */
export function writeOfLoaded(
  settings: Settings,
  { text, lifetime, tells }: Outcome,
  loaded: LoadedSession,
  isRegenerated: boolean,
): PlannedWrite | null {
  const isChanged =
    text !== undefined &&
    text !== loaded.text &&
    text !== settings.store.reserialize?.(loaded.text);
  const { created } = loaded;
  const due = dueOf(settings, created, lifetime);
  const gain = due - loaded.expires;
  // In proportion, or a session with a short lifetime of its own would never be renewed.
  const renewAfter = Math.floor(
    (settings.renewAfter / settings.idleTimeout) * idleOf(settings, lifetime),
  );
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
function dueOf(settings: Settings, created: number, lifetime: Lifetime): number {
  return Math.min(currentSecond() + idleOf(settings, lifetime), created + settings.absoluteTimeout);
}

/**
 * Seconds: browsers keep no cookie longer (RFC 6265bis, 5.6.3), so that it must
 * have been renewed by then.
 */
const MAX_IDLE = 400 * 86_400;

function idleOf({ idleTimeout, setSessionId }: Settings, lifetime: Lifetime): number {
  const idle = typeof lifetime === "number" ? lifetime : idleTimeout;
  return setSessionId ? idle : Math.min(idle, MAX_IDLE);
}
