import { assertSame } from "./assertions.js";
import { specifyOwners } from "./external/owners.js";
import { specifyReading, specifyCreating } from "./external/reading-and-creating.js";
import { specifyConcurrentSessions, specifySessions } from "./external/sessions.js";
import { storesFrom, type ExternalStoreContractOptions } from "./external/stores-under-test.js";
import { specifyTtl } from "./external/ttl.js";
import {
  specifyComparison,
  specifyRemoval,
  specifyUpdating,
} from "./external/updating-and-removing.js";
import { specifierFor, type TestRunner } from "./test-runner.js";

/**
 * The contract of external stores, as specs of your test runner: the four hooks, those for the option
 * `owner` if the store has them, and the sessions that `session()` keeps by means of them. Needs Node
 * 18 or newer.
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
  const specify = specifierFor(runner);
  const withStores = storesFrom(options);
  runner.describe("keeps the contract of external stores", () => {
    specify(
      "The store's getter `compares` agrees with the contract's option `compares`.",
      withStores(async ({ backend }) => assertSame("compares", backend.compares, compares)),
    );
    specifyReading(specify, withStores, options);
    specifyCreating(specify, withStores, options);
    specifyUpdating(specify, withStores);
    if (compares) specifyComparison(specify, withStores);
    specifyRemoval(specify, withStores);
    specifyTtl(specify, withStores, options);
    specifySessions(specify, withStores, options);
    if (compares) specifyConcurrentSessions(specify, withStores, options);
    specifyOwners(runner, specify, options);
  });
}
