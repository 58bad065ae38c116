import { assertSame } from "../assertions.js";
import { inLanes, inParallel } from "../concurrency.js";
import { JSON_SHAPES } from "../json-shapes.js";
import type { Specify } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import { nearlyEqualKeys } from "./keys.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertOneWins, RACES, textOfRival } from "./races.js";
import { A, B, recordOf, unicodeTexts, UNUSUAL_TEXTS } from "./record-texts.js";
import { assertSeparate } from "./separate-keys.js";
import type { WithStores } from "./stores-under-test.js";

const PARALLEL_WRITES = 8;
const MISSING_KEYS = 20;
/** The default of `maxBytes`, and what marks a log-in and a device with an RSA key. */
const MAX_RECORD_BYTES = 65_536 + 800;

export function specifyReading(specify: Specify, withStores: WithStores): void {
  specify(
    "read() returns null for a missing key and does not throw.",
    withStores(async ({ backend }) => {
      // A hook that does not give its connection back would use up the pool.
      await inParallel(MISSING_KEYS, async () => {
        assertSame("The answer of read()", await backend.read(backend.newKey()), null);
      });
    }),
    "If the hooks need bindings from the request's context, give the contract the option ctx.",
  );
  specify(
    "read() returns exactly the text that was written, whatever data it contains.",
    withStores(async ({ backend }) => {
      const shapes = JSON_SHAPES.map((shape) => recordOf(JSON.stringify(shape)));
      const texts = [...shapes, ...UNUSUAL_TEXTS];
      await inLanes(PARALLEL_WRITES, texts, (text) => assertStored(backend, text));
    }),
  );
  specify(
    "read() returns exactly the text that was written, for characters of every kind of Unicode.",
    withStores(async ({ backend }) => {
      await inLanes(PARALLEL_WRITES, [...unicodeTexts()], (text) => assertStored(backend, text));
    }),
  );
  specify(
    "A record of 64 KiB is stored completely.",
    withStores(async ({ backend }) => {
      const size = MAX_RECORD_BYTES - recordOf("").length;
      await assertStored(backend, recordOf("x".repeat(size)));
      await assertStored(backend, recordOf("\u{1F36A}".repeat(size / 4)));
    }),
  );
  specify(
    "Two keys that differ in one character are the keys of two records.",
    withStores(async ({ backend }) => {
      await assertSeparate(() => nearlyEqualKeys(backend.prefix).map((key) => ({ backend, key })));
    }),
    "Keys are compared byte by byte: case matters, and no character is a wildcard.",
  );
}

export function specifyCreating(
  specify: Specify,
  withStores: WithStores,
  { compares = true }: ExternalStoreContractOptions,
): void {
  specify(
    "create() inserts a record and returns true.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      assertSame("The answer of create()", await backend.create(key, { text: A }), true);
      assertSame("The answer of read()", await otherBackend.read(key), A);
    }),
  );
  // A store that cannot compare need not check for taken keys, because keys are 256 random bits.
  if (!compares) return;
  specify(
    "create() returns false for a key that is taken, and does not replace the record.",
    withStores(async ({ backend, otherBackend }) => {
      const key = backend.newKey();
      await backend.create(key, { text: A });
      assertSame("The answer of create()", await otherBackend.create(key, { text: B }), false);
      assertSame("The answer of read()", await backend.read(key), A);
    }),
  );
  specify(
    "Exactly one of several parallel create() calls for one key inserts its record.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const key = backend.newKey();
        await assertOneWins(backend, key, (rival) =>
          (rival % 2 ? backend : otherBackend).create(key, { text: textOfRival(rival) }),
        );
      }
    }),
  );
}

/** Checks that both create() and update() store the text unchanged. */
async function assertStored(backend: CheckedBackend, text: string): Promise<void> {
  const created = backend.newKey();
  assertSame("The answer of create()", await backend.create(created, { text }), true);
  assertSame("The answer of read() after create()", await backend.read(created), text);
  const updated = backend.newKey();
  await backend.create(updated, { text: A });
  const answer = await backend.update(updated, { text, expected: A });
  assertSame("The answer of update()", answer, true);
  assertSame("The answer of read() after update()", await backend.read(updated), text);
  // The shorter text must leave nothing of the longer one, which is now the expected one.
  const again = await backend.update(updated, { text: A, expected: text });
  assertSame("The answer of update() that expects the text", again, true);
  assertSame("The answer of read() after a shorter text", await backend.read(updated), A);
  await backend.remove(created);
  await backend.remove(updated);
}
