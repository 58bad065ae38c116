import { SessionError } from "../errors.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import { copyPlain } from "../plain-data.js";
import type { SessionData } from "../record.js";
import type { LoadedSession, SessionStore, StoreScope, UpdatedSession } from "../store.js";
import type { Settings } from "./options.js";

type Change = (data: SessionData) => void;

/** Where there is nothing to commit to: all or nothing, as in a store. */
export function updateInMemory(data: SessionData, change: Change, store: SessionStore): void {
  // What cannot be stored cannot be copied either, such as a cycle.
  store.serialize(data);
  const before = copyPlain(data);
  try {
    changeNow(change, data);
  } catch (error) {
    withContents(data, before);
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
    if (error instanceof SessionError) emit({ type: "store-failed", code: error.code }, ctx);
    throw error;
  }
  if (updated === null) {
    emit({ type: "gone" }, ctx);
    throw new SessionError(
      "ERR_SESSION_CONFLICT",
      "The session ended beside this request, so that update() had nothing to change. Let the client begin anew.",
    );
  }
  if (updated.session.text !== loaded.text) emit({ type: "saved" }, ctx);
  if (updated.merged) emit({ type: "merged" }, ctx);
  return updated;
}

/** In place, since the handler may hold on to the object, and what it does to it later must count; unless that is frozen. */
export function withContents(data: SessionData, contents: SessionData): SessionData {
  if (Object.isFrozen(data)) return contents;
  for (const key of Object.keys(data)) delete data[key as keyof SessionData];
  return Object.defineProperties(data, Object.getOwnPropertyDescriptors(contents));
}

function changeNow(change: Change, data: SessionData): void {
  const answer = change(data) as unknown as Awaitable<void>;
  if (!isPromise(answer)) return;
  answer.then(undefined, () => {});
  throw new TypeError("The argument of update() must be a synchronous function.");
}
