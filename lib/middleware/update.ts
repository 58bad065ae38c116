import type { BaseStore } from "../records/base-store.js";
import { isPromise } from "../platform/awaitable.js";
import { copyPlain, isEqual, isPlain, isPlainObject } from "../records/plain-data.js";
import type { SessionData } from "../session.js";

/** The callback of `update()`. */
export type Change = (data: SessionData) => unknown;

/**
 * For fresh sessions, and for stores that commit only with the response. As in a store that commits
 * at once, a change that throws leaves the data as they were.
 *
 * @returns the data as they are now.
 */
export function updateInMemory(data: SessionData, change: Change, store: BaseStore): SessionData {
  // serialize() refuses at once data that cannot be stored, as an external store does.
  store.codec.serialize(data);
  const before = copyPlain(data);
  const target = Object.isExtensible(data) ? data : copyPlain(data);
  try {
    change(target);
    return target;
  } catch (error) {
    replaceContents(target, before);
    throw error;
  }
}

/**
 * Replaces the contents in place, because a handler may hold the object, or an object inside it, and
 * its later changes must count: only keys whose values have changed get new values. A frozen or
 * sealed object is replaced as a whole.
 *
 * @returns the object that holds the contents.
 */
export function replaceContents(data: SessionData, contents: SessionData): SessionData {
  if (!Object.isExtensible(data)) return contents;
  const held = new Map<string, unknown>(Object.entries(data));
  const entries = Object.entries(contents).map(([key, value]) => {
    const old = held.get(key);
    return [key, isPlain(old) && isPlain(value) && isEqual(old, value, true) ? old : value];
  });
  for (const key of held.keys()) delete data[key as keyof SessionData];
  // fromEntries defines properties: a key __proto__ changes no prototype.
  const kept: object = Object.fromEntries(entries);
  return Object.defineProperties(data, Object.getOwnPropertyDescriptors(kept));
}

/**
 * @throws {TypeError} for a callback that is asynchronous, or returns an object and changes nothing:
 * it was meant as the new data. (Short callbacks return what they have assigned.)
 */
export function callChange(change: Change, data: SessionData): void {
  const before = copyPlain(data);
  const answer = change(data);
  if (isPromise(answer)) {
    answer.then(undefined, () => {});
    throw new TypeError("The callback of update() must be synchronous.");
  }
  if (isPlainObject(answer) && answer !== data && isEqual(before, data)) {
    throw new TypeError(
      "The callback of update() has returned an object, and has not changed its argument. It must change its argument: (data) => { data.visits = 1; }.",
    );
  }
}
