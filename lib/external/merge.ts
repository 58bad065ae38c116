import { isEqual, isPlain } from "../plain-data.js";
import type { SessionData } from "../record.js";

/**
 * Three-way merge of top-level keys: `theirs`, with every key that differs between `base` and
 * `mine` as it is in `mine`; `theirs` itself when none does. A deletion is a difference like any
 * other. Never deeper: half of one object and half of another is a state that nobody wrote.
 */
export function merge(
  base: SessionData,
  mine: SessionData,
  theirs: SessionData,
  serialize: (data: SessionData) => string,
): SessionData {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(mine)])];
  const changed = keys.filter((key) => differs(base, mine, key, serialize));
  return changed.length > 0 ? withKeysOf(mine, changed, theirs) : theirs;
}

function differs(
  base: SessionData,
  mine: SessionData,
  key: string,
  serialize: (data: SessionData) => string,
): boolean {
  const [a, b] = [valueOf(base, key), valueOf(mine, key)];
  if (isPlain(a) && isPlain(b)) return !isEqual(a, b);
  // Only the user's stringify knows how to look into instances, and it may know
  // nothing but whole sessions.
  return serialize(base) !== serialize(withKeysOf(mine, [key], base));
}

/** The target with these keys as they are in the source. */
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

/**
 * A key that holds `undefined` is a key that is not there; and what is inherited, such as
 * `constructor`, is nothing of a session's.
 */
function valueOf(data: SessionData, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key as keyof SessionData] : undefined;
}
