/** Whether all of it is plain objects, arrays and primitive values. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return (Array.isArray(value) || isPlainObject(value)) && Object.values(value).every(isPlain);
}

/** A deep copy of plain objects and arrays. Instances are passed on: only their class knows how to copy them. */
export function copyPlain<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyPlain) as T;
  if (typeof value !== "object" || value === null || !isPlainObject(value)) return value;
  // fromEntries defines properties: a key __proto__ changes no prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, copyPlain(item)]),
  ) as T;
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

/** Of any realm: its prototype is the root of a chain, or there is none. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
