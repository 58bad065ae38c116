import { isSessionError, SessionError } from "../errors.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import { copyPlain, isEqualInOrder, isPlain } from "../plain-data.js";
import type { SessionData } from "../record.js";
import type { LoadedSession, SessionStore, StoreScope, UpdatedSession } from "../store.js";
import type { Settings } from "./options.js";

type Change = (data: SessionData) => void;

/**
 * Where there is nothing to commit to: all or nothing, as in a store. Answers
 * with the data as they are now.
 */
export function updateInMemory(
  data: SessionData,
  change: Change,
  store: SessionStore,
): SessionData {
  // What cannot be stored cannot be copied either, such as a cycle.
  store.serialize(data);
  const copy = copyPlain(data);
  if (!Object.isExtensible(data)) {
    changeNow(change, copy);
    return copy;
  }
  try {
    changeNow(change, data);
    return data;
  } catch (error) {
    replaceContents(data, copy);
    throw error;
  }
}

/** Commits the change at once, and tells of it. */
export async function updateInStore(
  { store, emit }: Settings,
  scope: StoreScope,
  loaded: LoadedSession,
  pending: () => SessionData,
  change: Change,
): Promise<UpdatedSession> {
  const { ctx } = scope;
  let updated: UpdatedSession | null;
  try {
    updated = await store.apply!(loaded, pending, (data) => changeNow(change, data), scope);
  } catch (error) {
    if (isSessionError(error)) emit({ type: "store-failed", code: error.code }, ctx);
    throw error;
  }
  if (updated === null) {
    emit({ type: "gone" }, ctx);
    throw new SessionError(
      "ERR_SESSION_CONFLICT",
      "The session ended while this request was running, so update() had nothing to change. Let the client start over.",
    );
  }
  if (updated.session.text !== loaded.text) emit({ type: "saved" }, ctx);
  if (updated.merged) emit({ type: "merged" }, ctx);
  return updated;
}

/**
 * In place, since the handler may hold on to the object and to what is in it, and what it does
 * to them later must count: only keys whose values have changed get new ones. Unless the
 * object is frozen or sealed.
 */
export function replaceContents(data: SessionData, contents: SessionData): SessionData {
  if (!Object.isExtensible(data)) return contents;
  const held = new Map<string, unknown>(Object.entries(data));
  const entries = Object.entries(contents).map(([key, value]) => {
    const old = held.get(key);
    return [key, isPlain(old) && isPlain(value) && isEqualInOrder(old, value) ? old : value];
  });
  for (const key of held.keys()) delete data[key as keyof SessionData];
  // fromEntries defines properties: a key __proto__ changes no prototype.
  const kept: object = Object.fromEntries(entries);
  return Object.defineProperties(data, Object.getOwnPropertyDescriptors(kept));
}

function changeNow(change: Change, data: SessionData): void {
  const answer = change(data) as unknown as Awaitable<void>;
  if (!isPromise(answer)) return;
  answer.then(undefined, () => {});
  throw new TypeError("The callback of update() must be synchronous.");
}
