import type { Acknowledgements } from "./messages.js";
import { keyOfOwner } from "./names.js";

/** A process keeps the notes of so many owners and keys: those of the last rounds. */
const MAX_OWNERS = 500;
const MAX_KEYS = 10_000;

/** Milliseconds since 1970, by a key or a text. */
type Times = Map<string, number>;

interface IndexNotes {
  readonly linked: Times;
  readonly unlinked: Times;
  readonly lists: [string[], number, number][];
}

/** What a process knows of what its backend has acknowledged. */
export class Acknowledged {
  readonly #replaced = new Map<string, Times>();
  readonly #read = new Map<string, Times>();
  readonly #indexes = new Map<string, IndexNotes>();

  replaced(key: string, text: string): void {
    setFirst(notesOf(this.#replaced, key, MAX_KEYS, newTimes), text);
  }

  removed(key: string): void {
    this.#replaced.delete(key);
  }

  read(key: string, text: string, begunAt: number): void {
    notesOf(this.#read, key, MAX_KEYS, newTimes).set(text, begunAt);
  }

  linked(index: string, key: string): void {
    setFirst(this.#notesOf(index).linked, key);
  }

  unlinked(index: string, key: string): void {
    setFirst(this.#notesOf(index).unlinked, key);
  }

  listed(index: string, keys: string[], begunAt: number): void {
    this.#notesOf(index).lists.push([keys, begunAt, Date.now()]);
  }

  of(owner: string, keys: readonly string[]): Acknowledgements {
    const { linked, unlinked, lists } = this.#notesOf(keyOfOwner(owner));
    const of = (notes: Map<string, Times>) =>
      keys.flatMap((key) =>
        [...(notes.get(key) ?? [])].map(([text, at]) => [`${key} ${text}`, at] as const),
      );
    return {
      replaced: of(this.#replaced),
      read: of(this.#read),
      linked: [...linked],
      unlinked: [...unlinked],
      lists,
    };
  }

  #notesOf(index: string): IndexNotes {
    return notesOf(this.#indexes, index, MAX_OWNERS, () => ({
      linked: newTimes(),
      unlinked: newTimes(),
      lists: [],
    }));
  }
}

function newTimes(): Times {
  return new Map<string, number>();
}

function notesOf<Notes>(
  all: Map<string, Notes>,
  key: string,
  max: number,
  create: () => Notes,
): Notes {
  const notes = all.get(key) ?? create();
  all.set(key, notes);
  if (all.size > max) {
    const [oldest] = all.keys();
    all.delete(oldest!);
  }
  return notes;
}

/** After a loss, the same may be acknowledged a second time. */
function setFirst(times: Times, name: string): void {
  if (!times.has(name)) times.set(name, Date.now());
}
