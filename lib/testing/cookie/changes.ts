import { lettersFor, wholeChanges } from "./rewritings.js";

/** A value that a client has changed. `how` completes the sentence “unseal() opened the value …”. */
export interface Change {
  readonly value: string;
  readonly how: string;
}

/** More would make the specs of a store with long values slow. */
const MAX_POSITIONS = 320;
/** The tag is in most formats at the end, and the version at the beginning: none is left out there. */
const EDGE_POSITIONS = 120;
const SEPARATORS = Array.from("!#$&'()*+-./:<=>?@[]^_`{|}~,;%\\\" \t\n\0");
const GARBAGE = "garbage";
const INSERTED = ["=", "==", " ", "\t", "\n", "\r\n", "\0", "A", "AAAA", ".", "~", "%", "\uFEFF"];
/** Tags have 4 to 64 bytes, and 3 bytes are 4 characters of base64. */
const CUT_LENGTHS = [1, 2, 3, 4, 5, 6, 8, 11, 12, 16, 22, 24, 32, 43];

/** The value after every small change: of a character, the length, the alphabet or the padding. */
export function changesOf(value: string): Change[] {
  return withoutRepetitions([value], function* () {
    yield* cuts(value);
    yield* changedCharacters(value);
    yield* cutParts(value);
    yield* insertions(value);
    yield* wholeChanges(value);
    yield* replacedParts(value);
  });
}

/** The head of each of two values, joined to the tail of the other. */
export function joinsOf(one: string, other: string): Change[] {
  return withoutRepetitions([one, other], function* () {
    for (const [head, tail] of [
      [one, other],
      [other, one],
    ] as const) {
      const quarters = [1, 2, 3]
        .map((quarter) => (head.length * quarter) >> 2)
        .map((at) => [at, at] as const);
      const ends = separatorsIn(tail);
      const joints = separatorsIn(head).map((at, part) => [at, ends[part] ?? at] as const);
      for (const [to, from] of [...joints, ...quarters]) {
        const how = `made of the first ${to} characters of one value and the rest of another`;
        yield { value: head.slice(0, to) + tail.slice(from), how };
      }
    }
  });
}

/** Every change once, and none that leaves the value as it is. */
function withoutRepetitions(originals: string[], changes: () => Iterable<Change>): Change[] {
  const byValue = new Map<string, Change>();
  for (const change of changes()) {
    if (!byValue.has(change.value)) byValue.set(change.value, change);
  }
  for (const original of originals) byValue.delete(original);
  return [...byValue.values()];
}

/** The shortest cuts first: they are the ones to be named. */
function* cuts(value: string): Generator<Change> {
  const { length } = value;
  for (const cut of positionsIn(value).map((at) => at + 1)) {
    const at = length - cut;
    const how = `cut after character ${at} of ${length} (${cut} removed at the end)`;
    yield { value: value.slice(0, at), how };
    yield { value: value.slice(cut), how: `without its first ${cut} of ${length} characters` };
  }
}

function* changedCharacters(value: string): Generator<Change> {
  for (const at of positionsIn(value)) {
    const [before, old, after] = [value.slice(0, at), value[at]!, value.slice(at + 1)];
    const position = `character ${at + 1} of ${value.length}`;
    yield { value: before + after, how: `without ${position}, ${show(old)}` };
    for (const letter of lettersFor(value, at)) {
      yield {
        value: before + letter + after,
        how: `with ${show(letter)} for ${show(old)} at ${position}`,
      };
    }
    const swapped = before + after.slice(0, 1) + old + after.slice(1);
    yield { value: swapped, how: `with ${position}, ${show(old)}, and the next one swapped` };
  }
}

/** A tag is not always at the end of the value: `data.tag.keyID`. */
function* cutParts(value: string): Generator<Change> {
  const ends = [...separatorsIn(value), value.length];
  let start = 0;
  for (const end of ends) {
    for (const length of [...CUT_LENGTHS.filter((cut) => cut < end - start), end - start]) {
      const [from, to] = [end - length, start + length];
      yield { value: value.slice(0, from) + value.slice(end), how: without(from, end, value) };
      yield { value: value.slice(0, start) + value.slice(to), how: without(start, to, value) };
    }
    start = end + 1;
  }
}

/** A part may choose the key or the algorithm: by a name that all objects of JavaScript have, or none. */
function* replacedParts(value: string): Generator<Change> {
  const ends = [...separatorsIn(value), value.length];
  let start = 0;
  for (const end of ends) {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const how = `with ${show(name)} for the characters ${start + 1} to ${end} of ${value.length}`;
      yield { value: value.slice(0, start) + name + value.slice(end), how };
    }
    start = end + 1;
  }
  const [header = "", ...others] = value.split(".");
  if (others.length < 2) return;
  for (const alg of ["none", "None"]) {
    const unsigned = btoa(JSON.stringify({ alg, typ: "JWT" })).replace(/=+$/, "");
    for (const tag of ["", others.at(-1)!]) {
      const how = `with the algorithm ${show(alg)} in its first part${tag ? "" : ", and no tag"}`;
      if (header.startsWith("ey"))
        yield { value: [unsigned, ...others.slice(0, -1), tag].join("."), how };
    }
  }
}

function without(start: number, end: number, { length }: string): string {
  return `without the characters ${start + 1} to ${end} of ${length}`;
}

function* insertions(value: string): Generator<Change> {
  const inside = separatorsIn(value).flatMap((at) => [at, at + 1]);
  for (const at of [0, ...inside, value.length >> 1, value.length]) {
    const place = at === 0 ? "before its beginning" : `after character ${at} of ${value.length}`;
    for (const more of INSERTED) {
      const how = `with ${show(more)} inserted ${place}`;
      yield { value: value.slice(0, at) + more + value.slice(at), how };
    }
  }
  for (const separator of SEPARATORS) {
    for (const more of [separator, separator + GARBAGE]) {
      yield { value: value + more, how: `followed by ${show(more)}` };
    }
    for (const more of [separator, GARBAGE + separator]) {
      yield { value: more + value, how: `preceded by ${show(more)}` };
    }
  }
}

/** The indexes of characters that are in no alphabet of base64: they separate the parts of a value. */
function separatorsIn(value: string): number[] {
  const indexes = [...value.matchAll(/[^\w+/=-]/g)].map(({ index }) => index);
  return indexes.slice(0, 8);
}

function positionsIn({ length }: string): number[] {
  const all = Array.from({ length }, (_, index) => index);
  if (length <= MAX_POSITIONS) return all;
  const step = (length - 2 * EDGE_POSITIONS) / (MAX_POSITIONS - 2 * EDGE_POSITIONS);
  const isEdge = (at: number): boolean => at < EDGE_POSITIONS || at >= length - EDGE_POSITIONS;
  return all.filter((at) => isEdge(at) || Math.floor(at / step) !== Math.floor((at - 1) / step));
}

function show(text: string): string {
  return JSON.stringify(text);
}
