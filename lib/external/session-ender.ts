import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { currentSecond } from "../records/expiry.js";
import { isSameRecord, type SessionRecord } from "../records/record.js";
import { Attempts } from "./attempts.js";
import type { GuardedBackend } from "./guarded-backend.js";
import type { OwnerIndex } from "./owner-index.js";
import { isTombstone, successorIn, tombstone } from "./tombstone.js";
import type { WriterQueue } from "./writer-queue.js";

/** Whether the record that is now under the key is one that must be ended. */
export type IsMeant = (record: SessionRecord, key: string) => Awaitable<boolean>;

/** Ends sessions by compare-and-swap, wherever they have moved. */
export class SessionEnder {
  readonly #backend: GuardedBackend;
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
    queue: WriterQueue,
    owners: OwnerIndex | undefined,
    prefix: string,
    timeoutSeconds: number,
  ) {
    this.#backend = backend;
    this.#queue = queue;
    this.#owners = owners;
    this.#prefix = prefix;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Ends the session whose record is, or was, under this key. A session that has moved is followed
   * from tombstone to tombstone.
   *
   * @param known - The record, if the request has read it.
   * @returns whether this call ended a session.
   */
  async end(
    key: string,
    known: SessionRecord | null,
    ctx: RequestContext<any>,
    isMeant: IsMeant = () => true,
  ): Promise<boolean> {
    const attempts = new Attempts(this.#timeoutSeconds);
    let [at, current] = [key, known];
    for (;;) {
      const ended = await this.#queue.inTurn(at, async (turn) => {
        const newest = turn.newest ?? current;
        turn.newest = null;
        return this.#endUnder(at, newest, attempts, ctx, isMeant);
      });
      if (typeof ended === "boolean") return ended;
      // With a pause, a client that moves its session again and again would stay ahead.
      attempts.atOnce();
      [at, current] = [this.#prefix + ended, null];
    }
  }

  /** Whether this call ended the record, or the hash of the ID to which its session has moved. */
  async #endUnder(
    key: string,
    known: SessionRecord | null,
    attempts: Attempts,
    ctx: RequestContext<any>,
    isMeant: IsMeant,
  ): Promise<boolean | string> {
    // What another writer has handed over may be outdated: only a record that was read is refused.
    let current = known && (await isMeant(known, key)) ? known : null;
    for (;;) {
      if (current) {
        if (await this.#backend.update(key, tombstone(), current, ctx)) {
          await this.#owners?.unlink(key, current, ctx);
          return true;
        }
        await attempts.another();
      }
      const found = await this.#backend.read(key, ctx);
      if (typeof found === "string") return false;
      if (isTombstone(found)) return successorIn(found) ?? false;
      // The reply may be late, and another request may have renewed the session meanwhile.
      const isTried = current !== null && isSameRecord(current, found);
      if ((isTried && found.expires <= currentSecond()) || !(await isMeant(found, key)))
        return false;
      current = found;
    }
  }
}
