import { expectBetween, expectSame, expectThat } from "./checks.js";
import type { Entry, Live } from "./entries.js";
import { OwnerCall, type Alive } from "./owner-call.js";
import { currentSecond, TOMBSTONE_TTL_SECONDS } from "./times.js";

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
