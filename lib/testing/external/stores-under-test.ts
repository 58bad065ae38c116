import type { ExternalStore } from "../../external/external-store.js";
import type { ExternalStoreOptions } from "../../external/options.js";
import { contextWith } from "../client.js";
import { inLanes } from "../concurrency.js";
import { SPEC_TIMEOUT_SECONDS } from "../test-runner.js";
import { CheckedBackend, type Used } from "./checked-backend.js";
import type { ExternalStoreContractOptions } from "./options.js";

/** The stores of one spec. */
export interface StoresUnderTest {
  readonly store: ExternalStore;
  readonly backend: CheckedBackend;
  /** Stands for another process: a second store on the same backend, unless `shared` is `false`. */
  readonly otherStore: ExternalStore;
  readonly otherBackend: CheckedBackend;
}

/** Runs a check on stores that only this check uses. */
export type WithStores = (check: (stores: StoresUnderTest) => Promise<void>) => () => Promise<void>;

/** So many calls that remove what a spec has written are on their way at once. */
const PARALLEL_REMOVALS = 50;

/**
 * Makes the stores for each check, and afterwards removes the check's records and closes them.
 *
 * @param storeOptions - The options for `create()`.
 */
export function storesFrom(
  options: ExternalStoreContractOptions,
  storeOptions: ExternalStoreOptions = {},
): WithStores {
  return (check) => () => runWithStores(options, storeOptions, check);
}

/**
 * What each call may take in a spec that has `timeoutSeconds`. It is the option `timeout` of the stores,
 * too: on a busy machine, a sound store must not fail because it is slow.
 */
export function callSeconds({
  timeoutSeconds = SPEC_TIMEOUT_SECONDS,
}: ExternalStoreContractOptions): number {
  return Math.ceil(timeoutSeconds / 3);
}

async function runWithStores(
  options: ExternalStoreContractOptions,
  given: ExternalStoreOptions,
  check: (stores: StoresUnderTest) => Promise<void>,
): Promise<void> {
  const { create, close, shared = true, ctx } = options;
  const seconds = callSeconds(options);
  const storeOptions = { timeout: seconds, ...given };
  const used: Used = { keys: new Set(), owners: new Set() };
  // As one request: what release() closes is opened for it.
  const request = contextWith(ctx);
  const backendOf = (store: ExternalStore): CheckedBackend =>
    new CheckedBackend(store, request, used, seconds);
  const store = await create(storeOptions);
  const otherStore = shared ? await create(storeOptions) : store;
  const backend = backendOf(store);
  try {
    await check({ store, backend, otherStore, otherBackend: backendOf(otherStore) });
  } finally {
    await inLanes(PARALLEL_REMOVALS, [...used.keys], (key) => backend.remove(key).catch(() => {}));
    for (const owner of used.owners) await removeEntries(backend, owner).catch(() => {});
    for (const each of new Set([store, otherStore])) await each.release?.(request);
    await close?.(store);
    if (otherStore !== store) await close?.(otherStore);
  }
}

async function removeEntries(backend: CheckedBackend, owner: string): Promise<void> {
  const keys = await backend.linked(owner);
  await inLanes(PARALLEL_REMOVALS, keys, (key) => backend.unlink(owner, key));
}
