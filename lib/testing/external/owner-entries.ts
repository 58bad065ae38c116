import { assertSame, assertTrue } from "../assertions.js";
import { inLanes, inParallel } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import { LONG_PREFIX, nearlyEqualKeys, reversed } from "./keys.js";
import { RACES, RIVALS } from "./races.js";
import { A } from "./record-texts.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { storesFrom, type WithStores } from "./stores-under-test.js";

/** More than one page of the lists of most backends. */
const MANY = 1_200;
/** With long prefixes, more than the megabyte after which DynamoDB ends a page. */
const MANY_LONG = 1_800;
const PARALLEL_LINKS = 50;

/** The hooks `link`, `unlink` and `linked`. */
export function specifyEntries(
  specify: Specify,
  withStores: WithStores,
  options: ExternalStoreContractOptions,
): void {
  const { anyPrefix = true } = options;
  specify(
    "linked() returns an empty array for an owner without entries.",
    withStores(async ({ backend }) => {
      await assertLinked(backend, backend.newOwner(), []);
    }),
  );
  specify(
    "linked() sees every link() and unlink() by another process, even if it has read them before.",
    withStores(async ({ backend, otherBackend }) => {
      const owner = backend.newOwner();
      const keys = [backend.newKey(), backend.newKey()] as const;
      await assertLinked(backend, owner, []);
      await otherBackend.link(owner, keys[0]);
      await assertLinked(backend, owner, [keys[0]]);
      await otherBackend.link(owner, keys[1]);
      await assertLinked(backend, owner, keys);
      await otherBackend.unlink(owner, keys[0]);
      await assertLinked(backend, owner, [keys[1]]);
    }),
  );
  specify(
    "link() of a key that is linked keeps one entry.",
    withStores(async ({ backend, otherBackend }) => {
      const owner = backend.newOwner();
      const key = backend.newKey();
      await backend.link(owner, key);
      await inParallel(RIVALS, async (rival) => {
        // The entry is there while it gets another life, too.
        if (rival % 4 < 2) await (rival % 2 ? backend : otherBackend).link(owner, key);
        await assertLinked(rival % 2 ? otherBackend : backend, owner, [key]);
      });
      await assertLinked(backend, owner, [key]);
    }),
  );
  specify(
    "Parallel link() and unlink() calls for one owner all count.",
    withStores(async ({ backend, otherBackend }) => {
      for (let race = 0; race < RACES; race++) {
        const owner = backend.newOwner();
        const oldKeys = backend.newKeys(RIVALS);
        const keys = backend.newKeys(RIVALS);
        await inParallel(RIVALS, (rival) =>
          (rival % 2 ? backend : otherBackend).link(owner, oldKeys[rival]!),
        );
        await assertLinked(backend, owner, oldKeys);
        await inParallel(RIVALS, async (rival) => {
          const [one, other] = rival % 2 ? [backend, otherBackend] : [otherBackend, backend];
          await Promise.all([one.link(owner, keys[rival]!), other.unlink(owner, oldKeys[rival]!)]);
        });
        await assertLinked(backend, owner, keys);
      }
    }),
  );
  specify(
    "unlink() removes only the entry of this key and this owner.",
    withStores(async ({ backend }) => {
      const [owner, otherOwner] = [backend.newOwner(), backend.newOwner()];
      const [key = "", ...otherKeys] = backend.newKeys(3);
      for (const each of [key, ...otherKeys]) await backend.link(owner, each);
      await backend.link(otherOwner, key);
      await backend.unlink(owner, key);
      await assertLinked(backend, owner, otherKeys);
      await assertLinked(backend, otherOwner, [key]);
    }),
  );
  specify(
    "unlink() of a missing entry does nothing and does not throw.",
    withStores(async ({ backend }) => {
      const owner = backend.newOwner();
      const [key = "", missing = ""] = backend.newKeys(2);
      await backend.unlink(owner, missing);
      await backend.link(owner, key);
      await backend.unlink(owner, missing);
      await assertLinked(backend, owner, [key]);
      await backend.unlink(owner, key);
      await backend.unlink(owner, key);
      await assertLinked(backend, owner, []);
    }),
  );
  specify(
    "Owners that differ in one character are several owners, and such keys several entries.",
    withStores(async ({ backend }) => {
      const keys = nearlyEqualKeys(backend.prefix);
      const owners = nearlyEqualKeys(`${backend.prefix}owner:`);
      for (const [at, owner] of owners.entries()) await backend.link(owner, keys[at]!);
      for (const [at, owner] of owners.entries()) await assertLinked(backend, owner, [keys[at]!]);
      // If unlink() takes a key for a pattern that fits another, the order of the calls matters.
      for (const order of [keys, reversed(keys)]) {
        const owner = backend.newOwner();
        for (const key of order) await backend.link(owner, key);
        for (const [at, key] of order.entries()) {
          await assertLinked(backend, owner, order.slice(at));
          await backend.unlink(owner, key);
        }
      }
      for (const [at, each] of owners.entries()) {
        await assertLinked(backend, each, [keys[at]!]);
        await backend.unlink(each, keys[at]!);
      }
    }),
  );
  specify(
    "link() and unlink() change no record, and remove() changes no entry of another key.",
    withStores(async ({ backend }) => {
      const owner = backend.newOwner();
      const [unlinked = "", removed = "", kept = ""] = backend.newKeys(3);
      for (const key of [unlinked, removed]) {
        await backend.link(owner, key);
        assertSame("The answer of read() after link()", await backend.read(key), null);
        assertSame("The answer of create()", await backend.create(key, { text: A }), true);
      }
      await backend.create(kept, { text: A });
      await backend.link(owner, kept);
      assertSame("The text after link()", await backend.read(kept), A);
      await backend.unlink(owner, unlinked);
      assertSame("The text after unlink()", await backend.read(unlinked), A);
      await backend.remove(removed);
      await backend.unlink(owner, removed);
      await assertLinked(backend, owner, [kept]);
      assertSame("The text under another key after remove()", await backend.read(kept), A);
    }),
  );
  const many = anyPrefix ? MANY_LONG : MANY;
  const withLongPrefix = storesFrom(options, anyPrefix ? { prefix: LONG_PREFIX } : {});
  specify(
    `linked() returns all of ${many} entries.`,
    withStores(() =>
      withLongPrefix(async ({ backend }) => {
        const owner = backend.newOwner();
        const keys = backend.newKeys(many);
        await inLanes(PARALLEL_LINKS, keys, (key) => backend.link(owner, key));
        await assertLinked(backend, owner, keys);
      })(),
    ),
  );
}

/**
 * Checks that the owner has these entries, in any order, and no others.
 *
 * @param when - Begins the error's message, if the spec needs it.
 */
export async function assertLinked(
  backend: CheckedBackend,
  owner: string,
  wanted: readonly string[],
  when = "",
): Promise<void> {
  const found = await backend.linked(owner);
  const missing = new Set(wanted);
  for (const key of found) missing.delete(key);
  const surplus = found.length - (wanted.length - missing.size);
  assertTrue(
    missing.size === 0 && surplus === 0,
    `${when}linked() returned ${found.length} keys: ${missing.size} of the ${wanted.length} that are linked are missing, and ${surplus} are too many or there twice.`,
  );
}
