import type { OwnedSession } from "../../../lib/index.js";
import { expectBetween, expectSame, expectThat } from "./checks.js";
import type { Draft, Entry, Live } from "./entries.js";
import { publicIdOf } from "./records.js";
import { currentSecond, TOMBSTONE_TTL_SECONDS } from "./times.js";

/** A session that is alive. */
export interface Alive extends Live {
  readonly key: string;
}

/**
 * What is known of a call of `sessionsOf()`, `endSession()` or `endSessionsOf()`, and what is right. The
 * call is about the sessions that are the owner's when it begins. One that gets another owner
 * meanwhile is no longer meant, even if a later log-in makes it the owner's again: that log-in is new.
 */
export abstract class OwnerCall {
  readonly owner: string;
  /** The sessions that were the owner's when the call began, and have had no other owner since. */
  protected readonly meant: Set<string>;
  readonly #beginSecond = currentSecond();
  #hasFailed = false;
  #hasResolved = false;

  constructor(owner: string, alive: readonly Alive[]) {
    this.owner = owner;
    this.meant = new Set(this.ownIn(alive).map(({ session }) => session));
  }

  /** Whether it may still call the backend. One that rejects leaves calls running. */
  get isRunning(): boolean {
    return !this.#hasResolved;
  }

  /** Whether tombstones may have gone during the call: then only `endSessionsOf()` starts over. */
  protected get isSlow(): boolean {
    return currentSecond() - this.#beginSecond >= TOMBSTONE_TTL_SECONDS;
  }

  /** After each step, also after the call. */
  look(alive: readonly Alive[]): void {
    for (const { session, data } of alive) {
      if (data.user !== this.owner) this.meant.delete(session);
    }
    if (this.#hasResolved) this.expectAfterwards(alive);
  }

  /** A call that has failed must reject. Only `unlink()` may fail: its entry expires. */
  onFault(hook: string): void {
    if (hook !== "unlink") this.#hasFailed = true;
  }

  onRead(_key: string, _entry: Entry | undefined): void {}

  /** It ends a session. */
  onEnd(_key: string, { data }: Live): void {
    expectSame("the owner of the session that it ends", data.user, this.owner);
  }

  onEndOfDraft(_key: string, { data }: Draft): void {
    expectSame("the owner of the draft that it ends", data.user, this.owner);
  }

  resolve(alive: readonly Alive[]): void {
    this.#hasResolved = true;
    expectThat(!this.#hasFailed, "A call resolves although a backend call has failed.");
    this.expectAfterwards(alive);
  }

  protected expectAfterwards(_alive: readonly Alive[]): void {}

  protected ownIn(alive: readonly Alive[]): Alive[] {
    return alive.filter(({ data }) => data.user === this.owner);
  }
}

/** `endSessionsOf()` */
export class EndAll extends OwnerCall {
  readonly #spared: string | undefined;
  readonly #sparedSession: string | undefined;
  #hasFoundMove = false;
  /** The keys to which tombstones have led it. */
  readonly #followed = new Set<string>();
  #count = 0;
  #uncertain = 0;

  /** @param spared - The key that `except` names. */
  constructor(owner: string, spared: string | undefined, alive: readonly Alive[]) {
    super(owner, alive);
    this.#spared = spared;
    this.#sparedSession = alive.find(({ key }) => key === spared)?.session;
  }

  /** The session that `except` names is spared where it is. If the call sees that it moves, it ends. */
  override onRead(key: string, entry: Entry | undefined): void {
    if (entry?.state !== "moved" || currentSecond() - entry.second >= TOMBSTONE_TTL_SECONDS) return;
    this.#followed.add(entry.to);
    if (key === this.#spared) this.#hasFoundMove = true;
  }

  override onEnd(key: string, live: Live): void {
    super.onEnd(key, live);
    expectThat(key !== this.#spared, "It ends the session that except names.");
    // Without the tombstone, it is a draft: nothing tells that its session has moved.
    if (live.isMarked && !this.#followed.has(key)) this.#uncertain++;
    else this.#count++;
  }

  expectResult(count: number): void {
    const most = this.#count + this.#uncertain;
    expectBetween("the number of sessions that it has ended", count, this.#count, most);
  }

  protected override expectAfterwards(alive: readonly Alive[]): void {
    for (const { key, session } of this.ownIn(alive)) {
      const isSpared =
        key === this.#spared || (session === this.#sparedSession && !this.#hasFoundMove);
      const isAllowed = isSpared || !this.meant.has(session);
      expectThat(isAllowed, `A session is alive after endSessionsOf(): that of ${session}.`);
    }
  }
}

/** `endSession()` */
export class EndOne extends OwnerCall {
  readonly #session: string | undefined;
  #count = 0;

  /** @param session - The one to which the ID leads. */
  constructor(owner: string, session: string | undefined, alive: readonly Alive[]) {
    super(owner, alive);
    this.#session = session;
  }

  override onEnd(key: string, live: Live): void {
    super.onEnd(key, live);
    expectSame("the session that it ends", live.session, this.#session);
    this.#count++;
  }

  override onEndOfDraft(): void {
    expectThat(false, "endSession() ends a draft.");
  }

  expectResult(hasEnded: boolean): void {
    expectSame("whether it has ended the session", hasEnded, this.#count === 1);
  }

  protected override expectAfterwards(alive: readonly Alive[]): void {
    for (const { session } of this.ownIn(alive)) {
      const isAllowed = session !== this.#session || !this.meant.has(session) || this.isSlow;
      expectThat(isAllowed, "The session is alive after endSession().");
    }
  }
}

/** `sessionsOf()` */
export class List extends OwnerCall {
  /** What could be seen of the owner's sessions at some moment, by key. */
  readonly #seen = new Map<string, Alive[]>();
  /** The sessions that have been the owner's at every moment. */
  #steady: Set<string>;

  constructor(owner: string, alive: readonly Alive[]) {
    super(owner, alive);
    this.#steady = new Set(this.meant);
    this.look(alive);
  }

  override look(alive: readonly Alive[]): void {
    super.look(alive);
    if (!this.isRunning) return;
    const own = this.ownIn(alive);
    this.#steady = new Set(own.map(({ session }) => session).filter((s) => this.#steady.has(s)));
    for (const session of own) {
      const { key } = session;
      this.#seen.set(key, [...(this.#seen.get(key) ?? []), session]);
    }
  }

  override onEnd(): void {
    expectThat(false, "sessionsOf() ends a session.");
  }

  expectResult(list: readonly OwnedSession[]): void {
    const listed = list.map((item) => this.#expectSeen(item));
    if (!this.isSlow) {
      for (const session of this.#steady) {
        expectThat(listed.includes(session), `The list lacks the session of ${session}.`);
      }
    }
    // A session that moves while the list is made may be in it under both of its IDs.
    const ids = list.map(({ id }) => id);
    expectSame("the IDs in the list", ids, [...new Set(ids)]);
    const times = list.map(({ created }) => created);
    const isSorted = times.every((time, index) => index === 0 || time <= times[index - 1]!);
    expectThat(isSorted, "The list is not sorted.");
  }

  /** The name of the session in the list. It was alive like that at some moment of the call. */
  #expectSeen({ id, created, expires, data }: OwnedSession): string {
    const text = JSON.stringify({ created, expires, data });
    for (const [key, states] of this.#seen) {
      if (publicIdOf(key) !== id) continue;
      for (const state of states) {
        const seen = { created: state.created, expires: state.expires, data: state.data };
        if (JSON.stringify(seen) === text) return state.session;
      }
    }
    expectThat(false, `The list has a session that was not alive: ${text}`);
    return "";
  }
}
