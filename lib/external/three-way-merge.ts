import { SessionError } from "../errors.js";
import { expiryFor, type Timeouts } from "../records/expiry.js";
import { isEqual, isPlain } from "../records/plain-data.js";
import { isSameRecord, type SessionRecord } from "../records/record.js";
import { lifetimeOf, type SessionCodec, type StoredData } from "../records/session-codec.js";
import type { LoadedSession, UpdatedSession } from "../records/store.js";
import type { SessionData } from "../session.js";

/**
 * Merges top-level keys: the result is `theirs`, but every key that differs between `base` and `mine`
 * has its value from `mine`. It is `theirs` itself when no key differs. A deleted key differs, too.
 *
 * The merge never goes deeper: half of one object and half of another would be a state that no
 * request wrote. Facts that belong together go under one key.
 */
export function threeWayMerge(
  codec: SessionCodec,
  base: SessionData,
  mine: SessionData,
  theirs: SessionData,
): SessionData {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(mine)])];
  const changed = keys.filter((key) => isChanged(codec, base, mine, key));
  return changed.length > 0 ? withKeysOf(mine, changed, theirs) : theirs;
}

/**
 * The record to write when a request made `next` from `loaded`, but now `current` is stored.
 *
 * A renewal never moves the expiry back, except to what the timeouts of today allow. But a request
 * that set the session's own lifetime decides the expiry, which may then be earlier; of two such
 * requests, the later commit decides.
 */
export function rebase(
  codec: SessionCodec,
  loaded: SessionRecord,
  next: SessionRecord,
  current: SessionRecord,
  timeouts: Timeouts,
): SessionRecord {
  if (isSameRecord(current, loaded)) return next;
  const [base, mine, theirs] = [decode(codec, loaded), decode(codec, next), decode(codec, current)];
  const data = threeWayMerge(codec, base.data, mine.data, theirs.data);
  const isLifetimeMine = mine.lifetime !== base.lifetime;
  const isLifetimeTheirs = theirs.lifetime !== base.lifetime;
  const lifetime = isLifetimeMine ? mine.lifetime : theirs.lifetime;
  const expires = isLifetimeMine
    ? next.expires
    : Math.max(current.expires, isLifetimeTheirs ? 0 : next.expires);
  return {
    text: codec.serialize(data, lifetime),
    created: current.created,
    expires: Math.min(expires, expiryFor(current.created, lifetime, timeouts)),
  };
}

/** The outcome of `applyChange`. */
export interface AppliedChange {
  /** The record to commit: the newest data with what the change did, and nothing else. */
  readonly next: SessionRecord;
  /** The data that `change` saw. */
  readonly before: SessionData;
  /** The same data after `change`. */
  readonly after: SessionData;
}

/**
 * Applies the `change` of an `update()` to the newest data. `change` also sees the handler's
 * unsaved ("pending") changes. An example, with `update((data) => data.credits -= data.price)`:
 *
 * | name | data | how |
 * | --- | --- | --- |
 * | `loaded` | credits 10 | read when the request began |
 * | `pending` | credits 10, price 3 | the handler has set `price` and not saved it |
 * | `current` | credits 8 | another request has spent 2 meanwhile |
 * | `before` | credits 8, price 3 | merge of (`loaded`, `pending`) into `current` |
 * | `after` | credits 5, price 3 | `change` ran on a copy of `before` |
 * | committed | credits 5 | merge of (`before`, `after`) into `current`: `price` stays unsaved |
 * | the handler then sees | credits 5, price 3 | `updated` |
 */
export function applyChange(
  codec: SessionCodec,
  loaded: SessionRecord,
  pending: SessionData,
  change: (data: SessionData) => void,
  current: SessionRecord,
  timeouts: Timeouts,
): AppliedChange {
  const { data: newest, lifetime } = decode(codec, current);
  // copy() refuses at once data that cannot be stored.
  const mine = copy(codec, pending);
  const base = decode(codec, loaded).data;
  const before = copy(codec, threeWayMerge(codec, base, mine, newest));
  const changing = copy(codec, before);
  change(changing);
  const after = copy(codec, changing);
  const committed = threeWayMerge(codec, before, after, newest);
  if (committed === newest) return { next: current, before, after };
  const { created, expires } = current;
  const next = {
    text: codec.serialize(committed, lifetime),
    created,
    expires: Math.min(expires, expiryFor(created, lifetime, timeouts)),
  };
  return { next, before, after };
}

/**
 * The session after the commit of `applied`. The handler must see the committed data, with the changes
 * that are pending then, which may be more than `applyChange` saw.
 */
export function updated(
  codec: SessionCodec,
  loaded: LoadedSession,
  { before, after }: AppliedChange,
  { record, merged }: { record: SessionRecord; merged: boolean },
): UpdatedSession {
  const { text, expires, binding } = record;
  return {
    session: { ...loaded, text, expires, binding, lifetime: lifetimeOf(text) },
    dataWith(pending) {
      const base = decode(codec, loaded).data;
      const withPending = threeWayMerge(codec, base, pending, decode(codec, record).data);
      return threeWayMerge(codec, before, after, withPending);
    },
    merged,
  };
}

function isChanged(
  codec: SessionCodec,
  base: SessionData,
  mine: SessionData,
  key: string,
): boolean {
  const [a, b] = [valueOf(base, key), valueOf(mine, key)];
  if (isPlain(a) && isPlain(b)) return !isEqual(a, b);
  // Only the user's stringify can compare instances, and it may accept only whole sessions.
  return codec.serialize(base) !== codec.serialize(withKeysOf(mine, [key], base));
}

/** The target, with the values of these keys from the source. */
function withKeysOf(source: SessionData, keys: string[], target: SessionData): SessionData {
  const merged = new Map<string, unknown>(Object.entries(target));
  for (const key of keys) {
    const value = valueOf(source, key);
    if (value === undefined) merged.delete(key);
    else merged.set(key, value);
  }
  // fromEntries defines properties: a key __proto__ changes no prototype.
  return Object.fromEntries(merged);
}

/** A key with the value `undefined` counts as absent. Inherited properties do not count. */
function valueOf(data: SessionData, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key as keyof SessionData] : undefined;
}

/** A deep copy, as the store would return it. */
function copy(codec: SessionCodec, data: SessionData): SessionData {
  return decode(codec, { text: codec.serialize(data) }).data;
}

function decode(codec: SessionCodec, { text }: Pick<SessionRecord, "text">): StoredData {
  const stored = codec.deserialize(text);
  if (stored !== null) return stored;
  throw new SessionError(
    "ERR_SESSION_DATA",
    "The store's parse refuses text that its stringify has written.",
  );
}
