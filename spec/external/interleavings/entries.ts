import type { SessionData } from "../../../lib/index.js";
import type { Actor } from "./actor.js";
import { currentSecond, TOMBSTONE_TTL_SECONDS } from "./times.js";

/** What the model knows of a key. */
export type Entry = Live | Draft | Moved | Ended;

interface Held {
  readonly data: SessionData;
  readonly created: number;
  readonly expires: number;
  /** What the record says of the session's device. */
  readonly binding: string | undefined;
  /** The request that created the record. Only its response may carry the ID. */
  readonly maker: Actor;
}

/** The record of a session, which may have expired. */
export interface Live extends Held {
  readonly state: "live";
  /** The name of the request that started the session. */
  readonly session: string;
  /** The request that wrote the record last. */
  readonly writer: Actor;
  /** Whether the record still has the mark of a draft, which its request must remove. */
  readonly isMarked: boolean;
}

/** The record under the new ID of a session that has not moved yet. No client knows the ID. */
export interface Draft extends Held {
  readonly state: "draft";
  /** Whether the record has the mark of a draft. One that nobody owns has none. */
  readonly isMarked: boolean;
}

/** The tombstone of a session that has moved to another key. */
export interface Moved {
  readonly state: "moved";
  readonly session: string;
  readonly to: string;
  readonly second: number;
  readonly by: Actor;
}

/** The tombstone of a session that has ended, or the place of a record that was removed. */
export interface Ended {
  readonly state: "ended";
  /** `undefined` for a draft that was removed. */
  readonly session: string | undefined;
  readonly maker: Actor;
}

/** What the backend must hold. */
export class Entries {
  readonly #entries = new Map<string, Entry>();

  [Symbol.iterator](): Iterator<[string, Entry]> {
    return this.#entries[Symbol.iterator]();
  }

  at(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  set(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
  }

  /** The record under the key, if it is that of a session and has not expired. */
  liveAt(key: string): Live | null {
    const entry = this.#entries.get(key);
    return entry?.state === "live" && currentSecond() < entry.expires ? entry : null;
  }

  /** The data of the session under the key; `null` if there is no session now. */
  dataAt(key: string): SessionData | null {
    return this.liveAt(key)?.data ?? null;
  }

  /** The session that is, or was, under the key. */
  sessionAt(key: string): string | undefined {
    const entry = this.#entries.get(key);
    return entry?.state === "draft" ? undefined : entry?.session;
  }

  /** Whether the tombstones lead from the key to a session that is alive. */
  isAliveBehind(key: string): boolean {
    return this.liveBehind(key) !== null;
  }

  /** The session to which the tombstones lead from the key, if it is alive. */
  liveBehind(key: string): Live | null {
    const entry = this.#entries.get(key);
    if (entry?.state !== "moved") return this.liveAt(key);
    const isForgotten = currentSecond() - entry.second >= TOMBSTONE_TTL_SECONDS;
    return isForgotten ? null : this.liveBehind(entry.to);
  }
}
