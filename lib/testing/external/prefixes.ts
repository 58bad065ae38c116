import { generateSessionId } from "../../external/session-id.js";
import { assertSame } from "../assertions.js";
import type { Specify } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import { LONG_PREFIX, nearlyEqualKeys, UNUSUAL_PREFIXES } from "./keys.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { assertLinked } from "./owner-entries.js";
import { assertSeparate } from "./separate-keys.js";
import { storesFrom, type WithStores } from "./stores-under-test.js";

const LIMITED =
  "If the backend limits its keys, check the option prefix in the constructor, and declare anyPrefix: false.";

export function specifyPrefixes(specify: Specify, options: ExternalStoreContractOptions): void {
  specify(
    "A prefix can contain any characters.",
    () =>
      withPrefixes(UNUSUAL_PREFIXES, options, async (backends) => {
        await assertSeparate(() => {
          const hash = generateSessionId();
          return backends.map((backend) => ({ backend, key: backend.prefix + hash }));
        });
      }),
    LIMITED,
  );
  specify(
    `A prefix can have ${LONG_PREFIX.length} characters.`,
    storesFrom(options, { prefix: LONG_PREFIX })(async ({ backend }) => {
      await assertSeparate(() => nearlyEqualKeys(backend.prefix).map((key) => ({ backend, key })));
    }),
    LIMITED,
  );
}

export function specifyPrefixesOfOwners(
  specify: Specify,
  withIndex: WithStores,
  options: ExternalStoreContractOptions,
): void {
  specify(
    "The prefix of an owner and its keys can contain any characters.",
    withIndex(() =>
      withPrefixes(UNUSUAL_PREFIXES, options, async (backends) => {
        const [hash, ownersHash] = [generateSessionId(), generateSessionId()];
        const ownerOf = ({ prefix }: CheckedBackend): string => `${prefix}owner:${ownersHash}`;
        for (const backend of backends) await backend.link(ownerOf(backend), backend.prefix + hash);
        for (const backend of backends) {
          await assertLinked(backend, ownerOf(backend), [backend.prefix + hash]);
        }
      }),
    ),
    LIMITED,
  );
}

/** Runs a check on as many stores as there are prefixes. */
function withPrefixes(
  [prefix, ...others]: readonly string[],
  options: ExternalStoreContractOptions,
  check: (backends: CheckedBackend[]) => Promise<void>,
): Promise<void> {
  if (prefix === undefined) return check([]);
  const withStore = storesFrom({ ...options, shared: false }, { prefix });
  return withStore(async ({ backend }) => {
    assertSame("The store's prefix", backend.prefix, prefix);
    await withPrefixes(others, options, (rest) => check([backend, ...rest]));
  })();
}
