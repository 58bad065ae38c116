import type { StoredData } from "../base-store.js";
import { SessionError } from "../errors.js";
import { isSameRecord, type Lifetime, type SessionData, type SessionRecord } from "../record.js";
import { merge } from "./merge.js";

/** A change that was applied to the newest data with the request's own pending changes on top. */
export interface AppliedChange {
  /** What is to be committed: the newest record with what the change did, and nothing else. */
  readonly next: SessionRecord;
  readonly lifetime: Lifetime;
  readonly before: SessionData;
  readonly after: SessionData;
}

/**
 * Resolves conflicts: a request made its changes on one record, and finds another one in its place.
 */
export class SessionMerger {
  readonly #serialize: (data: SessionData, lifetime?: Lifetime) => string;
  readonly #deserialize: (text: string) => StoredData | null;

  constructor(
    serialize: (data: SessionData, lifetime?: Lifetime) => string,
    deserialize: (text: string) => StoredData | null,
  ) {
    this.#serialize = serialize;
    this.#deserialize = deserialize;
  }

  /** What to write in the place of `current`, when `next` was made from `loaded`. */
  rebase(loaded: SessionRecord, next: SessionRecord, current: SessionRecord): SessionRecord {
    if (isSameRecord(current, loaded)) return next;
    const [base, mine, theirs] = [this.#read(loaded), this.#read(next), this.#read(current)];
    const data = this.#merge(base.data, mine.data, theirs.data);
    const isMineRetimed = mine.lifetime !== base.lifetime;
    const isTheirsRetimed = theirs.lifetime !== base.lifetime;
    return {
      text: this.#serialize(data, isMineRetimed ? mine.lifetime : theirs.lifetime),
      created: current.created,
      expires: isMineRetimed
        ? next.expires
        : Math.max(current.expires, isTheirsRetimed ? 0 : next.expires),
    };
  }

  /**
   * Applies the change to the newest data, on top of what the request has changed
   * since it loaded the session.
   */
  apply(
    loaded: SessionRecord,
    pending: SessionData,
    change: (data: SessionData) => void,
    current: SessionRecord,
  ): AppliedChange {
    const newest = this.#read(current);
    // Copies refuse at once what cannot be stored.
    const mine = this.#copy(pending);
    const before = this.#copy(this.#merge(this.#read(loaded).data, mine, newest.data));
    const changing = this.#copy(before);
    change(changing);
    const after = this.#copy(changing);
    const committed = this.#merge(before, after, newest.data);
    const { lifetime } = newest;
    const isUnchanged = committed === newest.data;
    const text = isUnchanged ? current.text : this.#serialize(committed, lifetime);
    const next = { text, created: current.created, expires: current.expires };
    return { next, lifetime, before, after };
  }

  /**
   * What the handler is to see once the change is committed: what it has
   * changed by now stays pending.
   */
  rebasePending(loaded: SessionRecord, pending: SessionData, applied: AppliedChange): SessionData {
    const { next, before, after } = applied;
    const underneath = this.#merge(this.#read(loaded).data, pending, this.#read(next).data);
    return this.#merge(before, after, underneath);
  }

  #merge(base: SessionData, mine: SessionData, theirs: SessionData): SessionData {
    return merge(base, mine, theirs, (data) => this.#serialize(data));
  }

  /** Deep, as the store would give it back. */
  #copy(data: SessionData): SessionData {
    return this.#readText(this.#serialize(data)).data;
  }

  #read({ text }: SessionRecord): StoredData {
    return this.#readText(text);
  }

  #readText(text: string): StoredData {
    const stored = this.#deserialize(text);
    if (stored !== null) return stored;
    throw new SessionError(
      "ERR_SESSION_DATA",
      "The store's parse refuses what its stringify has written.",
    );
  }
}
