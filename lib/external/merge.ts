import type { SessionData } from "../record.js";

/**
 * Three-way merge of top-level keys: `theirs`, with every key that differs between `base` and `mine` as it is in `mine`; `theirs` itself
 * when none does. A deletion is a difference like any other. Never deeper: half of one object and half of another is a state that
 * nobody wrote.
 *
 * Keys differ when the text of the whole differs, which is all that a store keeps: a `stringify` of the user's may know
 * nothing but whole sessions.
 */
export function merge(
  base: SessionData,
  mine: SessionData,
  theirs: SessionData,
  serialize: (data: SessionData) => string,
): SessionData {
  const baseText = serialize(base);
  let merged = theirs;
  for (const key of new Set([...Object.keys(base), ...Object.keys(mine)])) {
    if (serialize(withKeyOf(mine, key, base)) !== baseText) merged = withKeyOf(mine, key, merged);
  }
  return merged;
}

/** The target with this one key as it is in the source. */
function withKeyOf(source: SessionData, key: string, target: SessionData): SessionData {
  const value: unknown = source[key as keyof SessionData];
  // Spread and computed keys define properties: a key __proto__ changes no prototype.
  if (value !== undefined) return { ...target, [key]: value };
  const { [key as keyof SessionData]: _, ...rest } = target;
  return rest;
}
