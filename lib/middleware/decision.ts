import { currentSecond, type SessionRecord } from "../record.js";
import type { LoadedSession } from "../store.js";
import type { Settings } from "./options.js";

/** What a request asks of its store and of its response, decided once. */
export interface Decision {
  /** Ended by the handler: to be removed from the store. */
  readonly destroyed: LoadedSession | null;
  readonly write: Write | null;
  /** The client is to forget what it holds, unless a write gives it something new. */
  readonly clears: boolean;
}

export interface Write {
  /**
   * `create` a session that was changed, `keep` defaults that were only seen, `save` changed data, `regenerate` the ID, `reissue` what an
   * old key has sealed, `renew` the expiry.
   */
  readonly kind: "create" | "keep" | "save" | "regenerate" | "reissue" | "renew";
  readonly loaded: LoadedSession | null;
  readonly next: SessionRecord;
}

type Rules = Pick<Settings, "idleTimeout" | "absoluteTimeout" | "renewAfter" | "defaults">;

/** For a fresh session; `text` is there if the handler has looked at the data. */
export function writeOfFresh(
  rules: Rules,
  text: string | undefined,
  untouchedText: string | undefined,
): Write | null {
  if (text === undefined) return null;
  const isChanged = text !== untouchedText;
  if (!isChanged && !rules.defaults.arePersonal) return null;
  const created = currentSecond();
  const next = { text, created, expires: created + rules.idleTimeout };
  return { kind: isChanged ? "create" : "keep", loaded: null, next };
}

/** For a session that was there and that the handler has looked at. */
export function writeOfLoaded(
  rules: Rules,
  loaded: LoadedSession,
  text: string,
  isRegenerated: boolean,
): Write | null {
  const { created } = loaded;
  const due = Math.min(currentSecond() + rules.idleTimeout, created + rules.absoluteTimeout);
  const gain = due - loaded.expires;
  const isRenewed = gain > 0 && gain >= rules.renewAfter;
  const kind =
    (isRegenerated && "regenerate") ||
    (text !== loaded.text && "save") ||
    (loaded.outdated && "reissue") ||
    (isRenewed && "renew");
  const next = { text, created, expires: isRenewed ? due : loaded.expires };
  return kind ? { kind, loaded, next } : null;
}
