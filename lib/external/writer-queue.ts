import { withinTime } from "../platform/time-limit.js";
import type { SessionRecord } from "../records/record.js";

/** The turn of one writer. */
export interface Turn {
  /**
   * The record that the writer before has written, so that this one need not meet a conflict to
   * learn of it. The writer replaces it by the record that it has written itself. `null` if nobody
   * knows.
   */
  newest: SessionRecord | null;
}

/**
 * Lets the writers of one record, within this process, write one after another. Otherwise each write
 * would be a conflict for all others, and n writers would need n² commands.
 */
export class WriterQueue {
  readonly #maxWaitSeconds: number;
  /** For each key, the end of the last writer's turn. */
  readonly #last: Map<string, Promise<SessionRecord | null>> = new Map();

  /**
   * @param maxWaitSeconds - A writer that has waited so long writes without its turn: it may then
   * meet conflicts, but a hook that hangs blocks nobody else.
   */
  constructor(maxWaitSeconds: number) {
    this.#maxWaitSeconds = maxWaitSeconds;
  }

  async inTurn<T>(key: string, write: (turn: Turn) => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    let end: (newest: SessionRecord | null) => void;
    const ended = new Promise<SessionRecord | null>((resolve) => (end = resolve));
    this.#last.set(key, ended);
    const turn: Turn = { newest: null };
    try {
      if (before) turn.newest = await withinTime(this.#maxWaitSeconds, before).catch(() => null);
      return await write(turn);
    } catch (error) {
      turn.newest = null;
      throw error;
    } finally {
      end!(turn.newest);
      if (this.#last.get(key) === ended) this.#last.delete(key);
    }
  }
}

/** The queue of a store; without one where no request may wait for another. */
export function queueFor(maxWaitSeconds: number, mayWait: boolean): Pick<WriterQueue, "inTurn"> {
  // Workers stop a request that waits for something that belongs to another request.
  const isOnWorkers = globalThis.navigator?.userAgent === "Cloudflare-Workers";
  if (mayWait && !isOnWorkers) return new WriterQueue(maxWaitSeconds);
  return { inTurn: (_key, write) => write({ newest: null }) };
}
