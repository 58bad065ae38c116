import { SessionError } from "../errors.js";
import { reported } from "../events.js";
import type { LoadedSession, SessionScope, UpdatedSession } from "../records/store.js";
import type { SessionData } from "../session.js";
import { sentValues, type InitialState } from "./load.js";
import type { ResolvedOptions } from "./options.js";
import type { Change } from "./update.js";

/*
 * What destroy(), regenerate() and update() commit before they resolve, and the events of it.
 */

/**
 * Ends the session, and those of the other values that the client has sent.
 *
 * @param loaded - The session as it is now; `null` if there is none.
 */
export async function destroyAtOnce(
  options: ResolvedOptions,
  scope: SessionScope,
  loaded: LoadedSession | null,
  { sent, loaded: held }: InitialState,
): Promise<void> {
  const { store, emit } = options;
  const { ctx } = scope;
  const values = store.keepsSessions ? sentValues(sent, options, scope) : [];
  // The value from before regenerate() is none of another session.
  const otherValues = values.filter((value) => !loaded || value !== held?.value);
  const beginMs = performance.now();
  let hasEnded = false;
  try {
    // The session itself is the last: if an earlier one fails, it is as it was.
    for (const value of otherValues) {
      if (await store.destroy(value, null, scope)) hasEnded = true;
    }
    if (loaded && (await store.destroy(loaded.value, loaded, scope))) hasEnded = true;
  } catch (error) {
    throw reported(error, "destroy", beginMs, emit, ctx);
  } finally {
    if (hasEnded) emit?.({ type: "destroyed" }, ctx);
  }
}

/**
 * Moves the session to a new value; `null` when another request has already moved it.
 *
 * @throws {SessionError} `ERR_SESSION_CONFLICT` when another request has ended it, or has changed it
 * and there are pending changes.
 */
export async function regenerateAtOnce(
  { store, cookie, setSessionId, emit }: ResolvedOptions,
  scope: SessionScope,
  loaded: LoadedSession,
  hasPending: () => boolean,
): Promise<LoadedSession | null> {
  const { ctx } = scope;
  const beginMs = performance.now();
  let moved: LoadedSession | "moved" | "ended";
  try {
    moved = await store.regenerate(loaded, hasPending, scope);
    if (typeof moved !== "string" && !setSessionId) cookie.assertFits(moved.value);
  } catch (error) {
    throw reported(error, "regenerate", beginMs, emit, ctx);
  }
  emit?.({ type: typeof moved === "string" ? "gone" : "regenerated" }, ctx);
  if (moved === "ended") throw endedMeanwhile("regenerate() had nothing to move");
  return moved === "moved" ? null : moved;
}

/** Changes the newest data. */
export async function updateAtOnce(
  { store, emit }: ResolvedOptions,
  scope: SessionScope,
  loaded: LoadedSession,
  currentData: () => SessionData,
  change: Change,
): Promise<UpdatedSession> {
  const { ctx } = scope;
  const beginMs = performance.now();
  let updated: UpdatedSession | null;
  try {
    updated = await store.applyUpdate!(loaded, currentData, change, scope);
  } catch (error) {
    // The callback's own errors stay what they are.
    throw error instanceof SessionError ? reported(error, "update", beginMs, emit, ctx) : error;
  }
  if (updated === null) {
    emit?.({ type: "gone" }, ctx);
    throw endedMeanwhile("update() had nothing to change");
  }
  if (updated.session.text !== loaded.text) emit?.({ type: "saved" }, ctx);
  if (updated.merged) emit?.({ type: "merged" }, ctx);
  return updated;
}

function endedMeanwhile(consequence: string): SessionError {
  return new SessionError(
    "ERR_SESSION_CONFLICT",
    `Another request ended the session, or moved it to a new ID, while this one was running, so ${consequence}. Let the client start over.`,
  );
}
