import { assertSame } from "../assertions.js";
import { sleep } from "../concurrency.js";
import type { CheckedBackend } from "./checked-backend.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertLinked } from "./owner-entries.js";
import { A, B } from "./record-texts.js";
import type { WithStores } from "./stores-under-test.js";
import { MAX_WAIT_SECONDS } from "./ttl.js";

const TOMBSTONE = "1.0.0.";

/** Creates a record with a short life, and then gives it a long one. */
async function createAndProlong(backend: CheckedBackend, key: string, ttl: number): Promise<void> {
  await backend.create(key, { text: B, ttl });
  if (await backend.update(key, { text: A, expected: B })) return;
  // On a busy machine, the short life may be over.
  await backend.remove(key);
  await backend.create(key, { text: A });
}

/** For stores that declare their clean-up. */
export function specifyCleanUp(
  specify: Specify,
  withStores: WithStores,
  { deleteExpired, minTtl = 1 }: ExternalStoreContractOptions,
): void {
  const ttl = minTtl + 1;
  if (!deleteExpired || ttl > MAX_WAIT_SECONDS) return;
  specify(
    "The clean-up deletes what has expired, and nothing else.",
    withStores(async ({ backend }) => {
      const expired = [backend.newKey(), backend.newKey()] as const;
      const living = [backend.newKey(), backend.newKey()] as const;
      const [tombstone, prolonged] = [backend.newKey(), backend.newKey()];
      const owner = backend.newOwner();
      await backend.create(expired[0], { text: A, ttl });
      await backend.create(expired[1], { text: B });
      await backend.update(expired[1], { text: A, ttl, expected: B });
      await backend.create(living[0], { text: A });
      // The clean-up must go by the last ttl, not by the first; not by the times in the text; and an
      // entry is linked before its record is written.
      await createAndProlong(backend, living[1], ttl);
      await backend.create(tombstone, { text: TOMBSTONE });
      if (backend.hasIndex) {
        await backend.link(owner, expired[0], ttl);
        await backend.link(owner, living[0]);
        await backend.link(owner, prolonged, ttl);
        await backend.link(owner, prolonged);
      }
      await sleep((ttl + 1) * 1000);
      await deleteExpired();
      for (const key of expired)
        assertSame("The text of an expired record", await backend.read(key), null);
      for (const key of living)
        assertSame("The text of a record that lives", await backend.read(key), A);
      const text = await backend.read(tombstone);
      assertSame("The text of a tombstone that lives", text, TOMBSTONE);
      if (backend.hasIndex) await assertLinked(backend, owner, [living[0], prolonged]);
    }),
  );
}
