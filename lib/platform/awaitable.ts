/**
 * A value, or a promise of it: a hook may return either. Where a hook returns a promise of something
 * else, the compiler explains `Promise` in one line, and `PromiseLike` in ten.
 */
export type Awaitable<T> = T | Promise<T>;

export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}

/**
 * Calls `next` at once with a plain value. Only for what every request with a sealed cookie goes
 * through, where an await costs as much as the work; other code awaits.
 */
export function andThen<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  // Not value.then(): that of an app's thenable may return anything.
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}
