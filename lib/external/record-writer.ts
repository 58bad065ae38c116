import { changedMeanwhile, SessionError } from "../errors.js";
import { currentSecond, expiryFor, isAlive } from "../records/expiry.js";
import { isSameRecord, type SessionRecord } from "../records/record.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { lifetimeOf, type SessionCodec } from "../records/session-codec.js";
import type { LoadedSession, SessionScope } from "../records/store.js";
import { Attempts } from "./attempts.js";
import type { GuardedBackend } from "./guarded-backend.js";
import type { OwnerIndex } from "./owner-index.js";
import { isTombstone, successorIn, tombstone } from "./tombstone.js";
import type { WriterQueue } from "./writer-queue.js";

/** The outcome of a write. */
export interface WriteResult {
  readonly record: SessionRecord;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}

/** Computes the record that must replace `current`. It may be called several times. */
export type NextRecord = (current: SessionRecord) => SessionRecord;

/** Why there is nothing to write to: the session has a new ID, or is over. */
type Gone = "moved" | "ended";

/**
 * Changes and moves records by compare-and-swap: each write replaces the record only if it is
 * the one that the write was made from. If another request was faster, the write is made anew from
 * the newest record.
 */
export class RecordWriter {
  readonly #backend: GuardedBackend;
  readonly #codec: SessionCodec;
  readonly #queue: WriterQueue;
  readonly #owners: OwnerIndex | undefined;
  readonly #prefix: string;
  readonly #timeoutSeconds: number;

  /**
   * @param owners - Present if the store has the option `owner`.
   * @param prefix - Begins every key; the hash of the session's ID follows.
   * @param timeoutSeconds - How long other requests may be faster until an attempt is the last.
   */
  constructor(
    backend: GuardedBackend,
    codec: SessionCodec,
    queue: WriterQueue,
    owners: OwnerIndex | undefined,
    prefix: string,
    timeoutSeconds: number,
  ) {
    this.#backend = backend;
    this.#codec = codec;
    this.#queue = queue;
    this.#owners = owners;
    this.#prefix = prefix;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Replaces the record under its key; `null` when the session has moved or ended: such a record
   * never comes back.
   *
   * @param loaded - The session as the request read it.
   */
  change(
    loaded: LoadedSession,
    nextRecord: NextRecord,
    scope: SessionScope,
  ): Promise<WriteResult | null> {
    const { key } = loaded;
    const { ctx, absoluteTimeout } = scope;
    return this.#queue.inTurn(key, async (turn) => {
      const attempts = new Attempts(this.#timeoutSeconds);
      let current: SessionRecord = turn.newest ?? loaded;
      /** Whether this writer itself has read the record, so that it cannot be older than `loaded`. */
      let isRead = false;
      turn.newest = null;
      let linked: SessionRecord | undefined;
      for (;;) {
        const next = { binding: current.binding, ...nextRecord(current) };
        const merged = current.text !== loaded.text;
        if (isSameRecord(next, current)) {
          // "Nothing to change" is true only of a record that was read just now.
          if (isRead) {
            turn.newest = current;
            return { record: next, merged };
          }
        } else if (isAlive(current, absoluteTimeout)) {
          if (await this.#owners?.linkBefore(key, next, current, ctx)) linked = next;
          if (await this.#backend.update(key, next, current, ctx)) {
            // If it expired while a slow backend was writing, other requests may have found it dead.
            // Unless another one has already written on top of this write.
            const isLate = !isAlive(current, absoluteTimeout);
            if (isLate && (await this.#backend.update(key, tombstone(), next, ctx))) {
              await this.#owners?.unlink(key, next, ctx);
              return null;
            }
            if (!isLate) turn.newest = next;
            return { record: next, merged };
          }
        }
        await attempts.another();
        const newest = await this.#readAlive(key, scope, linked);
        if (typeof newest === "string") return null;
        [current, isRead] = [newest, true];
      }
    });
  }

  /**
   * Moves the record to a key that no client knows yet, and returns the record as it is there. Its
   * absolute timeout starts anew.
   *
   * The new record is written before the old one becomes a tombstone, so that a crash loses no data.
   * The client gets the new ID only after that, so that no other request can write to the new record.
   * If it has an owner, it is a draft until then: it could be listed beside the old one.
   *
   * @param hasPending - Whether the request has unsaved changes. They were made to the data that it
   * has loaded. On top of another request's data they could be a mixture that nobody has written:
   * one user's name with another user's rights, say.
   */
  move(
    loaded: LoadedSession,
    newKey: string,
    hasPending: () => boolean,
    scope: SessionScope,
  ): Promise<SessionRecord | Gone> {
    const { ctx, absoluteTimeout } = scope;
    const newHash = newKey.slice(this.#prefix.length);
    return this.#queue.inTurn(loaded.key, async (turn) => {
      const attempts = new Attempts(this.#timeoutSeconds);
      let current: SessionRecord = turn.newest ?? loaded;
      let isRead = false;
      turn.newest = null;
      let draft: SessionRecord | undefined;
      try {
        for (;;) {
          const isMixture = current.text !== loaded.text && hasPending();
          if (isMixture && isRead) throw changedMeanwhile();
          if (!isMixture && isAlive(current, absoluteTimeout)) {
            const next = this.#restarted(current, scope);
            if (!draft || !isSameRecord(draft, next)) {
              if (!(await this.#writeDraft(newKey, next, draft, ctx))) return "ended";
              draft = next;
            }
            if (await this.#backend.update(loaded.key, tombstone(newHash), current, ctx)) {
              if (isAlive(current, absoluteTimeout))
                return await this.#arrive(newKey, draft, loaded.key, ctx);
              await this.#discard(newKey, draft, ctx);
              return "ended";
            }
          }
          await attempts.another();
          const newest = await this.#readAlive(loaded.key, scope);
          if (typeof newest === "string") {
            if (draft) await this.#discard(newKey, draft, ctx);
            return newest;
          }
          [current, isRead] = [newest, true];
        }
      } catch (error) {
        // After any other error the tombstone may be there, and the draft the only copy of the data.
        if (draft && error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT") {
          await this.#discard(newKey, draft, ctx).catch(() => {});
        }
        throw error;
      }
    });
  }

  /** The same data, as of a session that begins now. */
  #restarted({ text, binding }: SessionRecord, scope: SessionScope): SessionRecord {
    const created = currentSecond();
    const expires = expiryFor(created, lifetimeOf(text), scope);
    // Without the option deviceBinding, a bound session stays bound: no thief may take the binding off.
    const carried = scope.binder?.carry(binding) ?? binding;
    const next = { text, created, expires, binding: carried };
    return this.#owners?.needsDraft(next) ? { ...next, isDraft: true } : next;
  }

  /** Writes the draft, also if the backend has lost it; `false` if somebody has ended it. */
  async #writeDraft(
    key: string,
    next: SessionRecord,
    draft: SessionRecord | undefined,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    await this.#owners?.linkBefore(key, next, draft ?? null, ctx);
    if (draft) {
      if (await this.#backend.update(key, next, draft, ctx)) return true;
      if (typeof (await this.#backend.read(key, ctx)) !== "string") {
        await this.#owners?.unlink(key, next, ctx);
        return false;
      }
    }
    await this.#backend.create(key, next, ctx);
    return true;
  }

  /** After the old record has become a tombstone: the new one, unless somebody has ended it already. */
  async #arrive(
    key: string,
    { isDraft, ...record }: SessionRecord,
    oldKey: string,
    ctx: RequestContext<any>,
  ): Promise<SessionRecord | Gone> {
    const draft = { ...record, isDraft: true };
    const isThere = !isDraft || (await this.#backend.update(key, record, draft, ctx));
    await this.#owners?.unlink(oldKey, record, ctx);
    return isThere ? record : "ended";
  }

  async #discard(key: string, draft: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    await this.#backend.remove(key, ctx);
    await this.#owners?.unlink(key, draft, ctx);
  }

  /** The newest record; if nothing can be written to it, why. The entry for `linked` goes then. */
  async #readAlive(
    key: string,
    { ctx, absoluteTimeout }: SessionScope,
    linked?: SessionRecord,
  ): Promise<SessionRecord | Gone> {
    const record = await this.#backend.read(key, ctx);
    if (typeof record === "string") return "ended";
    if (linked && isTombstone(record)) await this.#owners?.unlink(key, linked, ctx);
    if (successorIn(record) !== null) return "moved";
    const isUsable = isAlive(record, absoluteTimeout) && this.#codec.deserialize(record.text);
    return isUsable ? record : "ended";
  }
}
