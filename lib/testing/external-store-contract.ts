import { specifyBrokenBackend } from "./external/broken-backend.js";
import { specifyCleanUp } from "./external/clean-up.js";
import { specifyConstruction } from "./external/construction.js";
import type { ExternalStoreContractOptions } from "./external/options.js";
import { specifyOwners } from "./external/owners.js";
import { specifyPrefixes } from "./external/prefixes.js";
import { specifyReading, specifyCreating } from "./external/reading-and-creating.js";
import { specifyConcurrentSessions, specifySessions } from "./external/sessions.js";
import { storesFrom } from "./external/stores-under-test.js";
import { specifyThreads } from "./external/threads.js";
import { specifyTtl } from "./external/ttl.js";
import {
  specifyComparison,
  specifyRemoval,
  specifyUpdating,
} from "./external/updating-and-removing.js";
import { sideBySide, specifierFor, type TestRunner } from "./test-runner.js";

/**
 * Registers the contract of external stores, as specs of your test runner: for the four hooks, for
 * those of the option `owner` if the store has them, and for the sessions that `session()` keeps by
 * means of them. Needs Node 18 or newer.
 *
 * @example
 * ```ts
 * import { externalStoreContract } from "@hattip/session/testing";
 *
 * externalStoreContract(
 *   { describe, it },
 *   { create: (options) => new MyStore({ client, ...options }) },
 * );
 * ```
 */
export function externalStoreContract(
  runner: TestRunner,
  options: ExternalStoreContractOptions,
): void {
  const { compares = true } = options;
  const specify = specifierFor(runner, options.timeoutSeconds);
  const specifySleeping = sideBySide(specify);
  const withStores = storesFrom(options);
  runner.describe("keeps the contract of external stores", () => {
    specifyConstruction(specify, withStores, options);
    specifyReading(specify, withStores);
    specifyPrefixes(specify, options);
    specifyCreating(specify, withStores, options);
    specifyUpdating(specify, withStores);
    if (compares) specifyComparison(specify, withStores);
    if (compares) specifyThreads(specify, withStores, options);
    specifyRemoval(specify, withStores);
    specifyTtl(specifySleeping, withStores, options);
    specifyCleanUp(specifySleeping, withStores, options);
    specifyBrokenBackend(specifySleeping, options);
    specifySessions(specify, specifySleeping, withStores, options);
    if (compares) specifyConcurrentSessions(specify, withStores, options);
    specifyOwners(runner, specify, specifySleeping, options);
  });
}
