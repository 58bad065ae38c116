import { expectSame, expectThat } from "./checks.js";
import type { Entries } from "./entries.js";
import type { Alive, OwnerCall } from "./owner-call.js";
import { indexKeyOf } from "./records.js";
import { CLOCK_SKEW_SECONDS, currentSecond } from "./times.js";

const OWNERS = ["ada", "bob"];

/**
 * The index of the owners' sessions, which keeps no entry longer than it must, and what is right of it:
 * whenever the record of an owner is alive, be it a draft, there is an entry for it that lives at
 * least a minute longer, for clocks that differ.
 */
export class Owners {
  readonly #entries: Entries;
  /** When each entry ends, by the key of the record, for each key of an owner's index. */
  readonly #index = new Map(OWNERS.map((owner) => [indexKeyOf(owner), new Map<string, number>()]));
  readonly #calls: OwnerCall[] = [];
  /** The owners of the records that have lived under each key, the last one at the end. */
  readonly #ownersOf = new Map<string, Set<string | undefined>>();

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  link(owner: string, key: string, ttl: number): void {
    const index = this.#indexOf(owner);
    index.set(key, Math.max(index.get(key) ?? 0, currentSecond() + ttl));
  }

  unlink(owner: string, key: string): void {
    this.#indexOf(owner).delete(key);
  }

  linked(owner: string): string[] {
    return this.#unexpired(owner);
  }

  /** The sessions that are alive. A session that has moved is, even if its new record is still marked. */
  get alive(): Alive[] {
    const alive: Alive[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.state === "live" && currentSecond() < entry.expires) alive.push({ ...entry, key });
    }
    return alive;
  }

  /** The session that lives under the key, or to which its tombstones lead. */
  sessionBehind(key: string): string | undefined {
    return this.#entries.isAliveBehind(key) ? this.#entries.sessionAt(key) : undefined;
  }

  begin<Call extends OwnerCall>(call: Call): Call {
    this.#calls.push(call);
    return call;
  }

  /** After each step, and each time that time passes. */
  look(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.state !== "live" && entry.state !== "draft") continue;
      const { user } = entry.data;
      const owners = this.#ownersOf.get(key) ?? new Set();
      owners.delete(user);
      this.#ownersOf.set(key, owners.add(user));
      if (user === undefined || entry.expires <= currentSecond()) continue;
      const ends = this.#indexOf(indexKeyOf(user)).get(key) ?? 0;
      expectThat(
        ends >= entry.expires + CLOCK_SKEW_SECONDS,
        `The index of ${user} lacks the record ${key}.`,
      );
    }
    if (this.#calls.length === 0) return;
    const { alive } = this;
    for (const call of this.#calls) call.look(alive);
  }

  /**
   * An entry may outlive its record by the minute for clocks that differ, or if a call has failed, or if
   * it belongs to a former owner of the session.
   */
  expectNoDeadEntries(): void {
    for (const owner of OWNERS) {
      for (const [key, ends] of this.#indexOf(indexKeyOf(owner))) {
        const state = this.#entries.at(key)?.state;
        const isDead = state === "moved" || state === "ended";
        const owners = [...(this.#ownersOf.get(key) ?? [])];
        const isFormer = owners.slice(0, -1).includes(owner);
        const isOver = ends <= currentSecond() + CLOCK_SKEW_SECONDS;
        expectThat(
          !isDead || isFormer || isOver,
          `${owner}'s index keeps an entry of a dead record: ${key}`,
        );
      }
    }
  }

  expectEmpty(): void {
    for (const owner of OWNERS) expectSame(owner, this.#unexpired(indexKeyOf(owner)), []);
  }

  #unexpired(owner: string): string[] {
    const now = currentSecond();
    return [...this.#indexOf(owner)].filter(([, ends]) => now < ends).map(([key]) => key);
  }

  #indexOf(owner: string): Map<string, number> {
    const index = this.#index.get(owner);
    if (!index) throw new Error(`There is no such index: ${owner}`);
    return index;
  }
}
