/** Whether all of it is plain objects, arrays and primitive values, without a cycle. */
export function isPlain(value: unknown, ancestors: readonly object[] = []): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (ancestors.includes(value)) return false;
  const inner = [...ancestors, value];
  return (
    (Array.isArray(value) || isPlainObject(value)) &&
    Object.values(value).every((item) => isPlain(item, inner))
  );
}

/**
 * A deep copy of plain objects and arrays. Instances are passed on: only their class knows how to copy them.
 *
 * @throws {TypeError} for a cycle.
 */
export function copyPlain<T>(value: T, ancestors: readonly object[] = []): T {
  if (typeof value !== "object" || value === null) return value;
  if (ancestors.includes(value)) throw new TypeError("Session data must not have a cycle.");
  const inner = [...ancestors, value];
  if (Array.isArray(value)) return value.map((item: unknown) => copyPlain(item, inner)) as T;
  if (!isPlainObject(value)) return value;
  // fromEntries defines properties: a key __proto__ changes no prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, copyPlain(item, inner)]),
  ) as T;
}

/** A deep copy that cannot be changed. Cycles stay cycles; an instance within is passed on, and one at the top becomes an object. */
export function frozenCopy<T extends object>(value: T): T {
  return frozen(isPlainObject(value) ? value : { ...value }, new Map()) as T;
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

/** Deep, of plain data. The order of keys does not matter. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === Object.keys(b).length &&
    keys.every(
      (key) => Object.hasOwn(b, key) && isEqual(a[key as keyof object], b[key as keyof object]),
    )
  );
}

/** As `isEqual`, with the keys in the same order, so that both have the same text. */
export function isSame(a: unknown, b: unknown): boolean {
  if (!isEqual(a, b)) return false;
  if (typeof a !== "object" || a === null) return true;
  const other = b as object;
  const otherKeys = Object.keys(other);
  return Object.keys(a).every(
    (key, at) =>
      key === otherKeys[at] && isSame(a[key as keyof object], other[key as keyof object]),
  );
}

/** Of any realm: its prototype is the root of a chain, or there is none. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    Object.getPrototypeOf(prototype) === null
  );
}
