import { expectSame, expectThat } from "./checks.js";
import type { Draft, Entry, Live } from "./entries.js";
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
