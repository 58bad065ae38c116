/** Whether the value consists of plain objects, arrays and primitive values, without a cycle. */
export function isPlain(value: unknown, ancestors: Set<object> = new Set()): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (ancestors.has(value)) return false;
  ancestors.add(value);
  const isTree =
    (Array.isArray(value) || isPlainObject(value)) &&
    Object.values(value).every((item) => isPlain(item, ancestors));
  ancestors.delete(value);
  return isTree;
}

/**
 * A deep copy of plain objects and arrays. Cycles stay cycles. The copy shares instances with the
 * original: only their class knows how to copy them.
 */
export function copyPlain<T>(value: T, copiesOfAncestors?: Map<object, object>): T {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const ancestor = copiesOfAncestors?.get(value);
  if (ancestor) return ancestor as T;
  const copy = Array.isArray(value) ? Array.from({ length: value.length }) : {};
  const entries = Object.entries(value);
  // Default data are often empty, and copied for every visitor.
  if (entries.length === 0) return copy as T;
  const copies = copiesOfAncestors ?? new Map<object, object>();
  copies.set(value, copy);
  for (const [key, item] of entries) {
    const copied: unknown = copyPlain(item, copies);
    // Defined, not assigned: a key __proto__ changes no prototype.
    const writable = { writable: true, enumerable: true, configurable: true };
    Object.defineProperty(copy, key, { value: copied, ...writable });
  }
  copies.delete(value);
  return copy as T;
}

/**
 * Compares plain data deeply.
 *
 * @param inOrder - Whether the keys must be in the same order, so that both have the same text.
 */
export function isEqual(a: unknown, b: unknown, inOrder = false): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every(
      (key, at) =>
        (inOrder ? key === others[at] : Object.hasOwn(b, key)) &&
        isEqual(a[key as keyof object], b[key as keyof object], inOrder),
    )
  );
}

/** Whether the value is a plain object of any realm: its prototype, if any, has no prototype. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Object.getPrototypeOf(prototype) === null
  );
}
