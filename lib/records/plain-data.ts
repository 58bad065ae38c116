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
 * A deep copy of plain objects and arrays. The copy shares instances with the original: only their
 * class knows how to copy them.
 *
 * @throws {TypeError} for a cycle.
 */
export function copyPlain<T>(value: T, ancestors: Set<object> = new Set()): T {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  if (ancestors.has(value)) throw new TypeError("Session data must not have a cycle.");
  ancestors.add(value);
  // fromEntries defines properties: a key __proto__ changes no prototype.
  const copy: unknown = Array.isArray(value)
    ? value.map((item: unknown) => copyPlain(item, ancestors))
    : Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, copyPlain(item, ancestors)]),
      );
  ancestors.delete(value);
  return copy as T;
}

/** A deep, frozen copy. Cycles stay cycles; the copy shares instances with the original. */
export function frozenCopy<T extends object>(value: T): T {
  return frozen(value, new Map()) as T;
}

function frozen(value: unknown, copies: Map<object, object>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  const known = copies.get(value);
  if (known) return known;
  const copy: object = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: a key __proto__ changes no prototype.
    Object.defineProperty(copy, key, { value: frozen(item, copies), enumerable: true });
  }
  return Object.freeze(copy);
}

/** Compares plain data deeply. The order of keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  return compare(a, b, false);
}

/** As `isEqual`, but the keys must be in the same order, so that both have the same text. */
export function isEqualInOrder(a: unknown, b: unknown): boolean {
  return compare(a, b, true);
}

function compare(a: unknown, b: unknown, inOrder: boolean): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every(
      (key, at) =>
        (inOrder ? key === others[at] : Object.hasOwn(b, key)) &&
        compare(a[key as keyof object], b[key as keyof object], inOrder),
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
