import { assertSame } from "../assertions.js";
import { inParallel, sleep } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import { assertOneWins, RACES, RIVALS, textOfRival } from "./races.js";
import { A, B, C, NEARLY_EQUAL, recordOf } from "./record-texts.js";
import type { WithStores } from "./stores-under-test.js";

const UPDATES = 5;
const READERS = 4;

export function specifyUpdating(specify: Specify, withStores: WithStores): void {
  specify(
    "update() replaces the text and returns true if the stored text is the expected one.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      await backend.create(key, { text: A });
      const first = await otherBackend.update(key, { text: B, expected: A });
      assertSame("The answer of update()", first, true);
      assertSame("The answer of read()", await backend.read(key), B);
      const second = await backend.update(key, { text: C, expected: B });
      assertSame("The answer of a second update()", second, true);
      assertSame("The answer of read()", await otherBackend.read(key), C);
      const same = await backend.update(key, { text: C, expected: C });
      assertSame("The answer of update() with the stored text", same, true);
    }),
    "If the driver counts changed rows, let it count those that it has found.",
  );
  specify(
    "update() returns false for a key that is missing or was removed, and creates nothing.",
    withStores(async ({ backend, otherBackend }) => {
      const missing = backend.newKey();
      const removed = backend.newKey();
      await backend.create(removed, { text: A });
      await otherBackend.remove(removed);
      for (const key of [missing, removed]) {
        const answer = await backend.update(key, { text: B, expected: A });
        assertSame("The answer of update()", answer, false);
        assertSame("The answer of read()", await backend.read(key), null);
      }
    }),
  );
  specify(
    "update() returns false and replaces nothing if the stored text is not the expected one.",
    withStores(async ({ backend }) => {
      const key = backend.newKey();
      await backend.create(key, { text: A });
      await backend.update(key, { text: B, expected: A });
      const answer = await backend.update(key, { text: C, expected: A });
      assertSame("The answer of update()", answer, false);
      assertSame("The answer of read()", await backend.read(key), B);
    }),
  );
  specify(
    "update() compares every character of the text.",
    withStores(async ({ backend }) => {
      for (const { what, ...pair } of NEARLY_EQUAL) {
        const [stored, expected] = [recordOf(pair.stored), recordOf(pair.expected)];
        const key = backend.newKey();
        await backend.create(key, { text: stored });
        const answer = await backend.update(key, { text: B, expected });
        assertSame(`The answer of update() if only ${what} differs`, answer, false);
      }
      const key = backend.newKey();
      await backend.create(key, { text: A });
      const answer = await backend.update(key, { text: B, expected: A.replace("4000", "4001") });
      assertSame("The answer of update() if only the expiry in the text differs", answer, false);
    }),
  );
  specify(
    "read() during an update() returns the old or the new text, and nothing else.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      const texts = ["x", "y"].map((character) => recordOf(character.repeat(60_000)));
      await backend.create(key, { text: texts[0]! });
      for (let at = 0; at < UPDATES; at++) {
        const [expected, text] = [texts[at % 2]!, texts[1 - (at % 2)]!];
        const race = { isOver: false };
        await inParallel(READERS, async (reader) => {
          // Some read before the update begins, and some after it.
          if (reader === READERS / 2) {
            await backend.update(key, { text, expected }).finally(() => (race.isOver = true));
            return;
          }
          do {
            const seen = await otherBackend.read(key);
            if (seen !== expected) assertSame("The answer of read() during update()", seen, text);
            await sleep(1); // If the store answers from memory, no timer and no socket has a turn.
          } while (!race.isOver);
        });
      }
    }),
  );
  specify(
    "update() and remove() change only the record under their key.",
    withStores(async ({ backend }) => {
      const key = backend.newKey();
      const neighbours = [`${key.slice(0, -1)}.`, `${key}x`, key.slice(0, -1), backend.newKey()];
      await backend.create(key, { text: A });
      for (const neighbour of neighbours) await backend.create(neighbour, { text: A });
      await backend.update(key, { text: B, expected: A });
      await assertUnchanged(backend, neighbours, "update()");
      await backend.remove(key);
      await assertUnchanged(backend, neighbours, "remove()");
    }),
  );
}

async function assertUnchanged(
  backend: CheckedBackend,
  keys: string[],
  hook: string,
): Promise<void> {
  for (const key of keys)
    assertSame(`The text under another key after ${hook}`, await backend.read(key), A);
}

export function specifyComparison(specify: Specify, withStores: WithStores): void {
  specify(
    "read() sees every write and removal by another process, even if it has read the key before.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      assertSame("The first answer of read()", await backend.read(key), null);
      await otherBackend.create(key, { text: A });
      assertSame("The answer of read() after create()", await backend.read(key), A);
      await otherBackend.update(key, { text: B, expected: A });
      assertSame("The answer of read() after update()", await backend.read(key), B);
      await otherBackend.remove(key);
      assertSame("The answer of read() after remove()", await backend.read(key), null);
    }),
  );
  specify(
    "Exactly one of several parallel update() calls that expect the same text replaces it.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = backend.newKey();
        await backend.create(key, { text: A });
        await assertOneWins(backend, key, (rival) =>
          (rival % 2 ? backend : otherBackend).update(key, {
            text: textOfRival(rival),
            expected: A,
          }),
        );
      }
    }),
  );
  specify(
    "An update() that races with remove() does not bring the record back.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = backend.newKey();
        await backend.create(key, { text: A });
        await inParallel(RIVALS, async (rival) => {
          if (rival === RIVALS / 2) await otherBackend.remove(key);
          else await backend.update(key, { text: textOfRival(rival), expected: A });
        });
        assertSame("The answer of read() after the race", await backend.read(key), null);
      }
    }),
  );
}

export function specifyRemoval(specify: Specify, withStores: WithStores): void {
  specify(
    "remove() deletes the record.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      await backend.create(key, { text: A });
      await otherBackend.remove(key);
      assertSame("The answer of read()", await backend.read(key), null);
    }),
  );
  specify(
    "remove() of a missing key does nothing and does not throw.",
    withStores(async ({ backend }) => {
      const key = backend.newKey();
      await backend.remove(key);
      await backend.remove(key);
      assertSame("The answer of read()", await backend.read(key), null);
    }),
  );
}
