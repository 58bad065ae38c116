import { withinTime } from "../platform/time-limit.js";
import type { SessionRecord } from "../records/record.js";

/** Where turns end well, but more writers come than go, a writer waits for so many timeouts. */
const MAX_WAITS = 5;

/** The turn of one writer. */
export interface Turn {
  /**
   * The record that the writer before has written, so that this one need not meet a conflict to
   * learn of it. The writer replaces it by the record that it has written itself. `null` if nobody
   * knows.
   */
  newest: SessionRecord | null;
}

interface QueuedTurn extends Turn {
  /** Called at the end of the turn. The next writer in the line sets it. */
  onEnd?: () => void;
}

/** The writers that wait for one another. */
interface Line {
  /** The turn that was the last to be queued. It has not ended. */
  last: QueuedTurn;
  /** The number of turns that have ended without an error. */
  successes: number;
}

/**
 * Lets the writers of one record, within this process, write one after another. Otherwise each write
 * would be a conflict for all others, and n writers would need n² commands.
 */
export class WriterQueue {
  readonly #patienceSeconds: number;
  readonly #mayWait: () => boolean;
  /** By the key of the record. */
  readonly #lines: Map<string, Line> = new Map();

  /**
   * @param patienceSeconds - When no turn has ended well for so long, a writer goes on without
   * waiting for its own: it may meet conflicts, but a backend that hangs delays it only once.
   * @param mayWait - Whether a request may wait for another. It never may on Workers, which stop a
   * request that waits for something that belongs to another one.
   */
  constructor(patienceSeconds: number, mayWait: () => boolean) {
    this.#patienceSeconds = patienceSeconds;
    const isOnWorkers = globalThis.navigator?.userAgent === "Cloudflare-Workers";
    this.#mayWait = isOnWorkers ? () => false : mayWait;
  }

  async inTurn<T>(key: string, write: (turn: Turn) => Promise<T>): Promise<T> {
    const turn: QueuedTurn = { newest: null };
    if (!this.#mayWait()) return write(turn);
    const line = this.#lines.get(key) ?? { last: turn, successes: 0 };
    // The turn itself, if there is nobody to wait for.
    const before = line.last;
    line.last = turn;
    this.#lines.set(key, line);
    try {
      if (before !== turn) turn.newest = await this.#waitFor(before, line);
      const result = await write(turn);
      line.successes++;
      return result;
    } catch (error) {
      turn.newest = null;
      throw error;
    } finally {
      turn.onEnd?.();
      if (line.last === turn) this.#lines.delete(key);
    }
  }

  /** What the turn before has written; `null` when it takes too long. */
  async #waitFor(before: QueuedTurn, line: Line): Promise<SessionRecord | null> {
    const end = new Promise<SessionRecord | null>((resolve) => {
      before.onEnd = () => resolve(before.newest);
    });
    for (let wait = 1; wait <= MAX_WAITS; wait++) {
      const { successes } = line;
      try {
        return await withinTime(this.#patienceSeconds, end);
      } catch {
        if (line.successes === successes) break;
      }
    }
    return null;
  }
}
