import { assertSame, assertTrue } from "../assertions.js";
import { sleep } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { A, B, C } from "./record-texts.js";
import type { WithStores } from "./stores-under-test.js";

/** No time in this package is longer. */
export const MAX_TTL_SECONDS = 1_000_000_000;
/** A spec that would wait longer for a record to expire is left out. */
export const MAX_WAIT_SECONDS = 10;

export function specifyTtl(
  specify: Specify,
  withStores: WithStores,
  { minTtl = 1, ttlGranularity = 1 }: ExternalStoreContractOptions,
): void {
  specify(
    "create() and update() accept every ttl from 1 to 1 000 000 000 seconds.",
    withStores(async ({ backend }) => {
      for (const ttl of [1, 3, 59, 60, 86_399, 2_592_001, MAX_TTL_SECONDS]) {
        const [created, updated] = [backend.newKey(), backend.newKey()];
        await backend.create(updated, { text: A });
        const isCreated = await backend.create(created, { text: B, ttl });
        const isUpdated = await backend.update(updated, { text: B, ttl, expected: A });
        assertSame(`The answer of create() for the ttl ${ttl}`, isCreated, true);
        assertSame(`The answer of update() for the ttl ${ttl}`, isUpdated, true);
        // On a slow machine, a short ttl may already have passed.
        if (ttl < 60) continue;
        // setTimeout() treats a delay of more than 2^31 ms as 1 ms.
        await sleep(20);
        const after = `20 ms after it was written with the ttl ${ttl}`;
        assertSame(`The text by create(), ${after},`, await backend.read(created), B);
        assertSame(`The text by update(), ${after},`, await backend.read(updated), B);
      }
    }),
    SHORTEST,
  );
  specify(
    "A record exists until its ttl has passed.",
    withStores(async ({ backend }) => {
      const [created, updated] = [backend.newKey(), backend.newKey()];
      await backend.create(created, { text: A, ttl: 30 });
      await backend.create(updated, { text: B, ttl: 30 });
      await backend.update(updated, { text: A, ttl: 30, expected: B });
      await sleep(1_500);
      const texts = [await backend.read(created), await backend.read(updated)];
      assertSame("The text by create(), ttl 30, after 1.5 s", texts[0], A);
      assertSame("The text by update(), ttl 30, after 1.5 s", texts[1], A);
    }),
    "The ttl is in seconds.",
  );
  // One second more than the minimum: a backend that counts whole seconds may cut the first one
  // short.
  const ttl = minTtl + 1;
  // Workers KV has a minimum of a minute, which is too long to wait for. session() reads the expiry
  // from the record, and does not rely on the backend.
  if (ttl > MAX_WAIT_SECONDS) return;
  specify(
    "update() gives the record a new ttl.",
    withStores(async ({ backend }) => {
      let key: string;
      let isUpdated = false;
      do {
        const begin = performance.now();
        key = backend.newKey();
        await backend.create(key, { text: A, ttl });
        isUpdated = await backend.update(key, { text: B, expected: A });
        // If a busy machine let the record expire before the update, a new record gets another try.
        const isOver = performance.now() - begin >= minTtl * 1000;
        assertTrue(isUpdated || isOver, "update() rejected a record whose ttl had not passed.");
      } while (!isUpdated);
      await sleep((ttl + 1) * 1000);
      assertSame("The text after the old ttl", await backend.read(key), B);
      // A backend that deletes late can still return a record whose ttl has passed.
      const again = await backend.update(key, { text: C, expected: B });
      assertSame("The answer of update() after the old ttl", again, true);
    }),
    SHORTEST,
  );
  specify(
    "update() does not bring back a record whose ttl has passed.",
    withStores(async ({ backend }) => {
      const [created, updated] = [backend.newKey(), backend.newKey()];
      await backend.create(created, { text: A, ttl });
      await backend.create(updated, { text: B });
      await backend.update(updated, { text: A, ttl, expected: B });
      await sleep((ttl + 1) * 1000);
      for (const [hook, key] of [
        ["create()", created],
        ["update()", updated],
      ] as const) {
        const answer = await backend.update(key, { text: C, expected: A });
        assertSame(`The answer of update() after the ttl by ${hook}`, answer, false);
        assertTrue((await backend.read(key)) !== C, "update() returned false, but wrote the text.");
      }
    }),
    SHORTEST,
  );
  const waitSeconds = ttl + ttlGranularity;
  if (waitSeconds > MAX_WAIT_SECONDS) return;
  specify(
    "read() returns null for a record whose ttl has passed.",
    withStores(async ({ backend }) => {
      const [created, updated] = [backend.newKey(), backend.newKey()];
      await backend.create(created, { text: A, ttl });
      await backend.create(updated, { text: B });
      await backend.update(updated, { text: A, ttl, expected: B });
      // Reading must not prolong a life.
      await sleep(ttl * 1000 - 500);
      for (const key of [created, updated]) await backend.read(key);
      await sleep(ttlGranularity * 1000 + 500);
      assertSame("The text by create() after its ttl", await backend.read(created), null);
      assertSame("The text by update() after its ttl", await backend.read(updated), null);
    }),
    "If the backend deletes records some seconds late, declare ttlGranularity; if a separate clean-up deletes them, declare ttlGranularity: Infinity.",
  );
}

const SHORTEST =
  "The ttl is in seconds. If the backend has a shortest time to live, the store replaces a shorter ttl with it: declare minTtl.";
