import { assertSame } from "../assertions.js";
import { sleep } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertLinked } from "./owner-entries.js";
import { A, B } from "./record-texts.js";
import type { WithStores } from "./stores-under-test.js";
import { MAX_WAIT_SECONDS } from "./ttl.js";

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
      const expired = [await backend.newKey(), await backend.newKey()] as const;
      const living = [await backend.newKey(), await backend.newKey()] as const;
      const owner = backend.newOwner();
      await backend.create(expired[0], { text: A, ttl });
      await backend.create(expired[1], { text: B });
      await backend.update(expired[1], { text: A, ttl, expected: B });
      await backend.create(living[0], { text: A });
      await backend.create(living[1], { text: B, ttl: ttl * 10 });
      await backend.update(living[1], { text: A, expected: B });
      if (backend.hasIndex) {
        await backend.link(owner, expired[0], ttl);
        await backend.link(owner, living[0]);
      }
      await sleep((ttl + 1) * 1000);
      await deleteExpired();
      for (const key of expired)
        assertSame("The text of an expired record", await backend.read(key), null);
      for (const key of living)
        assertSame("The text of a record that lives", await backend.read(key), A);
      if (backend.hasIndex) await assertLinked(backend, owner, [living[0]]);
    }),
  );
}
