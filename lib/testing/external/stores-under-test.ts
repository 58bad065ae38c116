import type { ExternalStore } from "../../external/external-store.js";
import type { ExternalStoreOptions } from "../../external/options.js";
import type { Awaitable } from "../../platform/awaitable.js";
import { contextWith } from "../client.js";
import { inLanes } from "../concurrency.js";
import { CheckedBackend, type Used } from "./checked-backend.js";

/** What an external store declares about itself. */
export interface ExternalStoreContractOptions {
  /**
   * Makes a store on the backend under test. The backend need not be empty: the specs use random
   * keys, and remove what they have written.
   *
   * @param options - What the constructor of the store must get, too. Only the specs of the option
   * `owner` set any.
   */
  create(options: ExternalStoreOptions): Awaitable<ExternalStore>;
  /** Closes a store that `create` has made, after each spec. */
  close?(store: any): unknown;
  /** Whether `update` compares, as the store's `compares` says. Default: `true`. */
  compares?: boolean;
  /** Whether two stores that `create` has made see the same records. Default: `true`. */
  shared?: boolean;
  /**
   * Whether the option `prefix` can contain any characters. A store whose backend limits its keys
   * rejects other prefixes in its constructor. Default: `true`.
   */
  anyPrefix?: boolean;
  /**
   * The shortest time to live that the backend accepts, in seconds. The store replaces a shorter
   * `ttl` with it. Default: 1.
   */
  minTtl?: number;
  /**
   * How long a record can still be read after its time to live has passed, in seconds: `Infinity`
   * if another process deletes such records. Default: 1.
   */
  ttlGranularity?: number;
  /** Added to the `ctx` of the hooks. Example: `{ platform: { env } }`. */
  ctx?: object;
}

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

async function runWithStores(
  { create, close, shared = true, ctx }: ExternalStoreContractOptions,
  storeOptions: ExternalStoreOptions,
  check: (stores: StoresUnderTest) => Promise<void>,
): Promise<void> {
  const used: Used = { keys: new Set(), owners: new Set() };
  const backendOf = (store: ExternalStore): CheckedBackend =>
    new CheckedBackend(store, contextWith(ctx), used);
  const store = await create(storeOptions);
  const otherStore = shared ? await create(storeOptions) : store;
  const backend = backendOf(store);
  try {
    await check({ store, backend, otherStore, otherBackend: backendOf(otherStore) });
  } finally {
    for (const key of used.keys) await backend.remove(key).catch(() => {});
    for (const owner of used.owners) await removeEntries(backend, owner).catch(() => {});
    await close?.(store);
    if (otherStore !== store) await close?.(otherStore);
  }
}

async function removeEntries(backend: CheckedBackend, owner: string): Promise<void> {
  const keys = await backend.linked(owner);
  await inLanes(PARALLEL_REMOVALS, keys, (key) => backend.unlink(owner, key));
}
