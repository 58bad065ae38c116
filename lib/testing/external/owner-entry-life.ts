import { assertTrue } from "../assertions.js";
import { sleep } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertLinked } from "./owner-entries.js";
import type { WithStores } from "./stores-under-test.js";
import { MAX_TTL_SECONDS, MAX_WAIT_SECONDS } from "./ttl.js";

/** Longer than this spec waits, so short that it shows whether a backend counts milliseconds. */
const LONG_SECONDS = 600;

/** How long the entries that `link` makes live. */
export function specifyEntryLife(
  specify: Specify,
  specifySleeping: Specify,
  withStores: WithStores,
  { minTtl = 1, ttlGranularity = 1 }: ExternalStoreContractOptions,
): void {
  specify(
    "link() accepts every ttl from 1 to 1 000 000 060 seconds.",
    withStores(async ({ backend }) => {
      for (const ttl of [1, 3, 59, 60, 86_399, 2_592_001, MAX_TTL_SECONDS + 60]) {
        const owner = backend.newOwner();
        const key = backend.newKey();
        await backend.link(owner, key, ttl);
        // On a slow machine, a short ttl may already have passed.
        if (ttl < 60) continue;
        // setTimeout() treats a delay of more than 2^31 ms as 1 ms.
        await sleep(20);
        await assertLinked(backend, owner, [key]);
      }
    }),
  );
  // As for records: see ttl.ts.
  const ttl = minTtl + 1;
  const isEndTested = ttl + ttlGranularity <= MAX_WAIT_SECONDS;
  if (ttl > MAX_WAIT_SECONDS) return;
  specifySleeping(
    `An entry lives for the longest ttl that link() has given it${isEndTested ? ", and then ends" : ""}.`,
    withStores(async ({ backend }) => {
      const [short, shortLong, longShort, firstLong, lastLong] = Array.from({ length: 5 }, () =>
        backend.newOwner(),
      ) as [string, string, string, string, string];
      const [key, lasting, newest] = backend.newKeys(3) as [string, string, string];
      await backend.link(short, key, ttl);
      await backend.link(shortLong, key, ttl);
      await backend.link(shortLong, key, LONG_SECONDS);
      await backend.link(longShort, key, LONG_SECONDS);
      await backend.link(longShort, key, ttl);
      // An owner's entries may be kept as one, whose life must then be the longest of all.
      await backend.link(firstLong, lasting, LONG_SECONDS);
      await backend.link(firstLong, key, ttl);
      await backend.link(lastLong, key, ttl);
      await backend.link(lastLong, lasting, LONG_SECONDS);
      await sleep((ttl + (isEndTested ? ttlGranularity : 1)) * 1000);

      const after = `${ttl} s after link() with a ttl of`;
      await assertLinked(backend, shortLong, [key], `${after} ${ttl}, then ${LONG_SECONDS}: `);
      await assertLinked(backend, longShort, [key], `${after} ${LONG_SECONDS}, then ${ttl}: `);
      for (const owner of [firstLong, lastLong]) {
        const keys = await backend.linked(owner);
        assertTrue(keys.includes(lasting), "An entry ended together with one of a shorter ttl.");
        if (!isEndTested) continue;
        // A store may remove what is over with the next link().
        await backend.link(owner, newest, LONG_SECONDS);
        await assertLinked(backend, owner, [lasting, newest]);
      }
      if (isEndTested) await assertLinked(backend, short, [], `${after} ${ttl}: `);
    }),
    "If the backend deletes entries late, declare ttlGranularity.",
  );
}
