import { isSessionError, SessionError } from "../errors.js";
import type { SessionCodec } from "../records/session-codec.js";
import { isAlive } from "../records/expiry.js";
import { isSameRecord, type SessionRecord } from "../records/record.js";
import type { LoadedSession, SessionScope } from "../records/store.js";
import type { GuardedBackend } from "./guarded-backend.js";

/** The outcome of a write. */
export interface WriteResult {
  readonly record: SessionRecord;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}

/** Computes the record that must replace `current`. It may be called several times. */
export type NextRecord = (current: SessionRecord) => SessionRecord;

/** A conflict means that another request's write succeeded: one request rarely meets many. */
const MAX_ATTEMPTS = 100;
/** Later attempts wait a random time before they read, so that requests do not collide again. */
const ATTEMPTS_WITHOUT_PAUSE = 3;
const MAX_PAUSE_MS = 20;
const TOO_MANY_CONFLICTS = `Other requests changed the session each of the ${MAX_ATTEMPTS} times this one tried to. Let the client try again.`;

/**
 * Replaces the record under its key, if that record is still stored. If it is not, reads the newest
 * record and tries again. `null` when the record has ended: an ended record never comes back.
 *
 * @param loaded - The session as the request read it.
 */
export async function compareAndSwap(
  backend: GuardedBackend,
  codec: SessionCodec,
  loaded: LoadedSession,
  nextRecord: NextRecord,
  scope: SessionScope,
): Promise<WriteResult | null> {
  const { ctx, absoluteTimeout } = scope;
  const { key } = loaded;
  let current: SessionRecord = loaded;
  for (let attempt = 1; ; attempt++) {
    if (attempt > ATTEMPTS_WITHOUT_PAUSE) await pauseBefore(attempt);
    const next = nextRecord(current);
    const merged = current.text !== loaded.text;
    if (isSameRecord(next, current)) {
      // "Nothing to change" is true only of a record that was read just now.
      if (current !== loaded) return { record: next, merged };
    } else if (isAlive(current, absoluteTimeout)) {
      if (await backend.update(key, next, current, ctx)) {
        if (isAlive(current, absoluteTimeout)) return { record: next, merged };
        // It expired while a slow backend was writing: other requests may have found it dead.
        await backend.remove(key, ctx);
        return null;
      }
    }
    const newest = await readAlive(backend, codec, key, scope);
    if (newest === null) return null;
    current = newest;
  }
}

/**
 * Moves the record to a key that no client knows yet; `null` when the record has ended.
 *
 * The new record is written before the old one is retired, so that a crash loses no data. The
 * client gets the new ID only after that, so that no other request can write to the new record.
 */
export async function moveRecord(
  backend: GuardedBackend,
  codec: SessionCodec,
  loaded: LoadedSession,
  newKey: string,
  nextRecord: NextRecord,
  scope: SessionScope,
): Promise<WriteResult | null> {
  const { ctx, absoluteTimeout } = scope;
  let draft: SessionRecord | undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      if (attempt > ATTEMPTS_WITHOUT_PAUSE) await pauseBefore(attempt);
      const current = await readAlive(backend, codec, loaded.key, scope);
      if (current !== null) {
        const next = nextRecord(current);
        if (draft) await backend.update(newKey, next, draft, ctx);
        else await backend.create(newKey, next, ctx);
        draft = next;
        if (!(await backend.retire(loaded.key, current, ctx))) continue;
        if (isAlive(current, absoluteTimeout)) {
          return { record: next, merged: current.text !== loaded.text };
        }
      }
      if (draft) await backend.remove(newKey, ctx);
      return null;
    }
  } catch (error) {
    // If the store has failed, the draft may be the only copy of the data. No client knows its key,
    // and it expires.
    if (draft && isSessionError(error) && error.code !== "ERR_SESSION_STORE") {
      await backend.remove(newKey, ctx).catch(() => {});
    }
    throw error;
  }
}

/** `null` for a record that is missing, over or invalid: nothing can be written to it. */
async function readAlive(
  backend: GuardedBackend,
  codec: SessionCodec,
  key: string,
  { ctx, absoluteTimeout }: SessionScope,
): Promise<SessionRecord | null> {
  const record = await backend.read(key, ctx);
  if (typeof record === "string" || !isAlive(record, absoluteTimeout)) return null;
  return codec.deserialize(record.text) && record;
}

/** @throws {SessionError} `ERR_SESSION_CONFLICT` when there have been enough attempts. */
async function pauseBefore(attempt: number): Promise<void> {
  if (attempt > MAX_ATTEMPTS) throw new SessionError("ERR_SESSION_CONFLICT", TOO_MANY_CONFLICTS);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE_MS));
}
