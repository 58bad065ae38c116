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

/** The writers that wait for one another. */
interface Line {
  /** The end of the last writer's turn. */
  last: Promise<SessionRecord | null>;
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
    if (!this.#mayWait()) return write({ newest: null });
    const known = this.#lines.get(key);
    const line = known ?? { last: Promise.resolve(null), successes: 0 };
    if (!known) this.#lines.set(key, line);
    const before = line.last;
    let end: (newest: SessionRecord | null) => void;
    const ended = (line.last = new Promise((resolve) => (end = resolve)));
    const turn: Turn = { newest: null };
    try {
      if (known) turn.newest = await this.#waitFor(before, line);
      const result = await write(turn);
      line.successes++;
      return result;
    } catch (error) {
      turn.newest = null;
      throw error;
    } finally {
      end!(turn.newest);
      if (line.last === ended) this.#lines.delete(key);
    }
  }

  /** What the turn before has written; `null` when it takes too long. */
  async #waitFor(before: Line["last"], line: Line): Promise<SessionRecord | null> {
    for (let wait = 1; wait <= MAX_WAITS; wait++) {
      const { successes } = line;
      try {
        return await withinTime(this.#patienceSeconds, before);
      } catch {
        if (line.successes === successes) break;
      }
    }
    return null;
  }
}
