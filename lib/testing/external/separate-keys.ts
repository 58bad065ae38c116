import { assertSame, show } from "../assertions.js";
import { inLanes, inParallel } from "../concurrency.js";
import type { CheckedBackend } from "./checked-backend.js";
import { reversed } from "./keys.js";
import { A, recordOf } from "./record-texts.js";

/** A key, and the store that uses it. */
export interface Place {
  readonly backend: CheckedBackend;
  readonly key: string;
}

const PARALLEL_CALLS = 8;

/**
 * Checks that each key has a record of its own: that no hook finds, replaces or removes the record of
 * another key. If a hook takes one key for a pattern that fits another, the order of the calls matters.
 *
 * @param newPlaces - Returns other keys in each call.
 */
export async function assertSeparate(newPlaces: () => readonly Place[]): Promise<void> {
  await inParallel(2, (turn) =>
    assertSeparateInOrder(turn === 0 ? newPlaces() : reversed(newPlaces())),
  );
}

async function assertSeparateInOrder(places: readonly Place[]): Promise<void> {
  const textOf = (key: string): string => recordOf(JSON.stringify({ key }));
  await inLanes(PARALLEL_CALLS, places, async ({ backend, key }) => {
    const answer = await backend.create(key, { text: A });
    const what = `The answer of create() for the key ${endOf(key)}, beside similar keys,`;
    assertSame(what, answer, true);
  });
  for (const { backend, key } of places) {
    const answer = await backend.update(key, { text: textOf(key), expected: A });
    const what = `The answer of update() for the key ${endOf(key)}, after update() of similar keys,`;
    assertSame(what, answer, true);
  }
  await inLanes(PARALLEL_CALLS, places, async ({ backend, key }) => {
    assertSame(`The text under the key ${endOf(key)}`, await backend.read(key), textOf(key));
  });
  for (const { backend, key } of places) {
    const what = `The text under the key ${endOf(key)}, after remove() of similar keys,`;
    assertSame(what, await backend.read(key), textOf(key));
    await backend.remove(key);
  }
}

/** Long keys differ at their ends. */
function endOf(key: string): string {
  return show(key, key.length - 20);
}
