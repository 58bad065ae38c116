import { codeOf } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, type Awaitable } from "../platform/awaitable.js";
import { isAlive, isSameRecord, type SessionRecord } from "../record.js";
import type { FreshReason, StoreScope } from "../store.js";
import { untilSettled } from "./attempts.js";
import type { Records } from "./records.js";

/** What has been written. */
export interface Transition {
  readonly record: SessionRecord;
  /** Whether another request's changes were merged in. */
  readonly merged: boolean;
}

/** What to write in the place of the newest record. */
export type Proposal = (current: SessionRecord) => SessionRecord;

type Find = (key: string, scope: StoreScope) => Awaitable<SessionRecord | FreshReason>;

/**
 * The two ways in which a record that exists is written. Both propose something in the place of the
 * newest record, and go through only if that one still stands; else they read again and propose
 * again. Both answer `null` when the record has ended: none ever comes back to life.
 */
export class RecordTransitions {
  readonly #records: Records;
  readonly #find: Find;
  readonly #compares: () => boolean;

  constructor(records: Records, find: Find, compares: () => boolean) {
    this.#records = records;
    this.#find = find;
    this.#compares = compares;
  }

  /** Replaces the record under its key. */
  replace(
    key: string,
    loaded: SessionRecord,
    propose: Proposal,
    scope: StoreScope,
  ): Awaitable<Transition | null> {
    const { ctx, absoluteTimeout } = scope;
    let current = loaded;
    const readAgain = (): Awaitable<null | undefined> =>
      andThen(this.#find(key, scope), (found) => {
        if (typeof found === "string") return null;
        current = found;
        return undefined;
      });
    return untilSettled<Transition | null>(() => {
      const next = propose(current);
      if (isSameRecord(next, current)) {
        // That nothing needs to change counts only when it was found on a record read just now.
        return current === loaded ? readAgain() : transition(next, current, loaded);
      }
      if (!isAlive(current, absoluteTimeout)) return readAgain();
      return andThen(this.#records.replace(key, next, current, ctx), (isWritten) => {
        if (!isWritten) return readAgain();
        if (isAlive(current, absoluteTimeout)) return transition(next, current, loaded);
        // It expired while a slow backend was writing: others may have seen it dead already.
        return andThen(this.#records.remove(key, ctx), () => null);
      });
    });
  }

  /**
   * Moves the record to a key that nobody knows. The new record is written before the old one dies,
   * so that no crash loses the data; and nobody learns of the new key until the old record has been
   * taken out of the hands of every other request.
   */
  async move(
    oldKey: string,
    newKey: string,
    loaded: SessionRecord,
    propose: Proposal,
    scope: StoreScope,
  ): Promise<Transition | null> {
    const { ctx, absoluteTimeout } = scope;
    let draft: SessionRecord | undefined;
    try {
      return await untilSettled<Transition | null>(async () => {
        const current = await this.#find(oldKey, scope);
        if (typeof current !== "string") {
          const next = propose(current);
          if (draft) await this.#records.replace(newKey, next, draft, ctx);
          else await this.#records.create(newKey, next, ctx);
          draft = next;
          if (!(await this.#retire(oldKey, current, ctx))) return undefined;
          if (isAlive(current, absoluteTimeout)) return transition(next, current, loaded);
        }
        if (draft) await this.#records.remove(newKey, ctx);
        return null;
      });
    } catch (error) {
      // When the store has failed, the draft may be all that is left. Nobody knows
      // its key, and it will expire.
      if (draft && codeOf(error) !== "ERR_SESSION_STORE") await this.#records.remove(newKey, ctx);
      throw error;
    }
  }

  /** Kills the record, if it still stands. */
  async #retire(key: string, current: SessionRecord, ctx: RequestContext<any>): Promise<boolean> {
    if (!this.#compares()) {
      await this.#records.remove(key, ctx);
      return true;
    }
    if (!(await this.#records.retire(key, current, ctx))) return false;
    try {
      await this.#records.remove(key, ctx);
    } catch {
      // It is dead already, and soon forgotten: no reason to lose the new session.
    }
    return true;
  }
}

function transition(
  record: SessionRecord,
  current: SessionRecord,
  loaded: SessionRecord,
): Transition {
  return { record, merged: current.text !== loaded.text };
}
