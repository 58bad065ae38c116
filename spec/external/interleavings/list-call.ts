import type { OwnedSession } from "../../../lib/index.js";
import { expectThat } from "./checks.js";
import { OwnerCall, type Alive } from "./owner-call.js";
import { publicIdOf } from "./records.js";

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
    const twice = listed.filter((session, index) => listed.indexOf(session) < index);
    // One that moves meanwhile was alive under both keys.
    expectThat(
      twice.every((session) => this.#hasMoved(session)),
      "The list has a session twice.",
    );
    const times = list.map(({ created }) => created);
    const isSorted = times.every((time, index) => index === 0 || time <= times[index - 1]!);
    expectThat(isSorted, "The list is not sorted.");
  }

  #hasMoved(session: string): boolean {
    const states = [...this.#seen.values()].map(([state]) => state!);
    return states.filter((state) => state.session === session).length > 1;
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
