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

/** Of letters only, for a store that rejects others. `other` is a prefix in construction.ts, too. */
const PLAIN_PREFIXES: readonly string[] = ["session:", "other"];
const SEPARATE = "Two prefixes keep their records apart.";
const SEPARATE_OWNERS = "Two prefixes keep their owners' entries apart.";

function prefixesFor({ anyPrefix = true }: ExternalStoreContractOptions): readonly string[] {
  return anyPrefix ? UNUSUAL_PREFIXES : PLAIN_PREFIXES;
}

export function specifyPrefixes(specify: Specify, options: ExternalStoreContractOptions): void {
  const { anyPrefix = true } = options;
  specify(
    anyPrefix ? "A prefix can contain any characters." : SEPARATE,
    () =>
      withPrefixes(prefixesFor(options), options, async (backends) => {
        await assertSeparate(() => {
          const hash = generateSessionId();
          return backends.map((backend) => ({ backend, key: backend.prefix + hash }));
        });
      }),
    LIMITED,
  );
  if (!anyPrefix) return;
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
  const { anyPrefix = true } = options;
  specify(
    anyPrefix ? "The prefix of an owner and its keys can contain any characters." : SEPARATE_OWNERS,
    withIndex(() =>
      withPrefixes(prefixesFor(options), options, async (backends) => {
        const [hash, ownersHash] = [generateSessionId(), generateSessionId()];
        const ownerOf = ({ prefix }: CheckedBackend): string => `${prefix}owner:${ownersHash}`;
        const hashes = [hash, generateSessionId()];
        const keysOf = ({ prefix }: CheckedBackend): string[] =>
          hashes.map((each) => prefix + each);
        for (const backend of backends)
          for (const key of keysOf(backend)) await backend.link(ownerOf(backend), key);
        for (const backend of backends) {
          await assertLinked(backend, ownerOf(backend), keysOf(backend));
          const [first, second] = keysOf(backend) as [string, string];
          await backend.unlink(ownerOf(backend), first);
          await assertLinked(backend, ownerOf(backend), [second]);
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
