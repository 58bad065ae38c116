import { SessionError } from "../errors.js";
import type { SessionData, SessionRecord } from "../record.js";
import { merge } from "./merge.js";

/** A change that was applied to the newest data with the request's own pending changes on top. */
export interface AppliedChange {
  /** What is to be committed: the newest record with what the change did, and nothing else. */
  readonly next: SessionRecord;
  readonly before: SessionData;
  readonly after: SessionData;
}

/** Resolves conflicts: a request made its changes on one record, and finds another one in its place. */
export class SessionMerger {
  readonly #serialize: (data: SessionData) => string;
  readonly #deserialize: (text: string) => SessionData | null;

  constructor(
    serialize: (data: SessionData) => string,
    deserialize: (text: string) => SessionData | null,
  ) {
    this.#serialize = serialize;
    this.#deserialize = deserialize;
  }

  /** What to write in the place of `current`, when `next` was made from `loaded`. */
  rebase(loaded: SessionRecord, next: SessionRecord, current: SessionRecord): SessionRecord {
    if (isSameRecord(current, loaded)) return next;
    const merged = this.#merge(
      this.#copy(loaded.text),
      this.#copy(next.text),
      this.#copy(current.text),
    );
    return {
      text: this.#serialize(merged),
      created: current.created,
      expires: Math.max(next.expires, current.expires),
    };
  }

  /** Applies the change to the newest data, on top of what the request has changed since it loaded the session. */
  apply(
    loaded: SessionRecord,
    pending: SessionData,
    change: (data: SessionData) => void,
    current: SessionRecord,
  ): AppliedChange {
    const newest = this.#copy(current.text);
    const seen = this.#serialize(this.#merge(this.#copy(loaded.text), pending, newest));
    const before = this.#copy(seen);
    const after = this.#copy(seen);
    change(after);
    const committed = this.#merge(before, after, newest);
    const text = committed === newest ? current.text : this.#serialize(committed);
    return { next: { text, created: current.created, expires: current.expires }, before, after };
  }

  /** What the handler is to see once the change is committed: what it has changed by now stays pending. */
  settle(loaded: SessionRecord, pending: SessionData, applied: AppliedChange): SessionData {
    const { next, before, after } = applied;
    const underneath = this.#merge(this.#copy(loaded.text), pending, this.#copy(next.text));
    return this.#merge(before, after, underneath);
  }

  #merge(base: SessionData, mine: SessionData, theirs: SessionData): SessionData {
    return merge(base, mine, theirs, this.#serialize);
  }

  #copy(text: string): SessionData {
    const data = this.#deserialize(text);
    if (data !== null) return data;
    throw new SessionError(
      "ERR_SESSION_DATA",
      "The store's parse refuses what its stringify has written.",
    );
  }
}

export function isSameRecord(a: SessionRecord, b: SessionRecord): boolean {
  return a.text === b.text && a.expires === b.expires;
}
