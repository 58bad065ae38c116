import { generateSessionId } from "../../external/session-id.js";
import { assertSame, assertTrue } from "../assertions.js";
import { contextWith } from "../client.js";
import type { Specify, TestRunner } from "../test-runner.js";
import type { CheckedBackend } from "./checked-backend.js";
import { UNUSUAL_PREFIXES } from "./keys.js";
import { specifyConcurrentOwnedSessions, specifyOwnedSessions } from "./owned-sessions.js";
import { assertLinked, specifyEntries } from "./owner-entries.js";
import { specifyEntryLife } from "./owner-entry-life.js";
import {
  storesFrom,
  type ExternalStoreContractOptions,
  type StoresUnderTest,
  type WithStores,
} from "./stores-under-test.js";

const NOT_PASSED_ON =
  "create() must pass its options on to the store: create: (options) => new MyStore({ client, ...options }).";

/**
 * The hooks for the option `owner`, and what the store does with them. The sentences say "if", because
 * a store need not have the hooks, and which ones it has is known only when it has been made.
 */
export function specifyOwners(
  { describe }: TestRunner,
  specify: Specify,
  options: ExternalStoreContractOptions,
): void {
  const { compares = true, anyPrefix = true } = options;
  const withStores = storesFrom(options);
  specify(
    "The store has all of the hooks link(), unlink() and linked(), or none of them.",
    withStores(async ({ backend }) => {
      const { indexHooks, hasIndex } = backend;
      if (!hasIndex) assertSame("The list of those that it has", indexHooks.join(", "), "");
    }),
  );
  describe("if it has the hooks link(), unlink() and linked()", () => {
    const withIndex: WithStores = (check) =>
      withStores(async (stores) => {
        if (stores.backend.hasIndex) await check(stores);
      });
    specifyEntries(specify, withIndex);
    if (anyPrefix) specifyPrefixes(specify, withIndex, options);
    specifyEntryLife(specify, withIndex, options);

    const owner = (data: object): string | undefined => (data as { owner?: string }).owner;
    const withOwners: WithStores = (check) =>
      withIndex(
        storesFrom(options, { owner })(async (stores) => {
          await assertHasOwner(stores, options);
          await check(stores);
        }),
      );
    specifyOwnedSessions(specify, withOwners, options);
    if (compares) specifyConcurrentOwnedSessions(specify, withOwners, options);
  });
}

function specifyPrefixes(
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
    assertTrue(backend.prefix === prefix, NOT_PASSED_ON);
    await withPrefixes(others, options, (rest) => check([backend, ...rest]));
  })();
}

async function assertHasOwner(
  { store }: StoresUnderTest,
  { ctx }: ExternalStoreContractOptions,
): Promise<void> {
  try {
    await store.sessionsOf("nobody", { ctx: contextWith(ctx) });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Error(NOT_PASSED_ON, { cause });
  }
}
