import { assertTrue } from "../assertions.js";
import { contextWith } from "../client.js";
import type { Specify, TestRunner } from "../test-runner.js";
import { NOT_PASSED_ON } from "./construction.js";
import type { ExternalStoreContractOptions } from "./options.js";
import { specifyConcurrentOwnedSessions, specifyOwnedSessions } from "./owned-sessions.js";
import { specifyEntries } from "./owner-entries.js";
import { specifyEntryLife } from "./owner-entry-life.js";
import { specifyPrefixesOfOwners } from "./prefixes.js";
import { storesFrom, type StoresUnderTest, type WithStores } from "./stores-under-test.js";

/**
 * The hooks for the option `owner`, and what the store does with them. The sentences say "if", because
 * a store need not have the hooks, and which ones it has is known only when it has been made.
 */
export function specifyOwners(
  { describe }: TestRunner,
  specify: Specify,
  specifySleeping: Specify,
  options: ExternalStoreContractOptions,
): void {
  const { compares = true } = options;
  const withStores = storesFrom(options);
  specify(
    "The store has all of the hooks link(), unlink() and linked(), or none of them.",
    withStores(async ({ backend }) => {
      const { indexHooks, hasIndex } = backend;
      const hasNone = indexHooks.length === 0;
      assertTrue(hasIndex || hasNone, `It has only ${indexHooks.join(" and ")}.`);
    }),
  );
  describe("if it has the hooks link(), unlink() and linked()", () => {
    const withIndex: WithStores = (check) =>
      withStores(async (stores) => {
        if (stores.backend.hasIndex) await check(stores);
      });
    specifyEntries(specify, withIndex, options);
    specifyPrefixesOfOwners(specify, withIndex, options);
    specifyEntryLife(specify, specifySleeping, withIndex, options);

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
