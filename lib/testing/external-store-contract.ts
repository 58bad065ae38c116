import type { ExternalStore } from "../external/external-store.js";
import type { Awaitable } from "../platform/awaitable.js";
import { Backend } from "./backend.js";
import { contextWith } from "./client.js";
import { specifierFor, type TestRunner } from "./contract.js";
import { specifyHooks } from "./external-hooks.js";
import { specifySessions } from "./external-sessions.js";

/** What a store declares about itself. */
export interface ExternalStoreContractOptions {
  /**
   * Makes a store on the backend under test, empty or not: the specs use random keys, and
   * remove what they have written.
   */
  create(): Awaitable<ExternalStore>;
  /** Ends a store that `create` has made, after each spec. */
  close?(store: any): unknown;
  /** Whether `update` compares, as the store's `compares` says. Default: `true`. */
  compares?: boolean;
  /** Whether two stores that `create` has made see the same records. Default: `true`. */
  shared?: boolean;
  /**
   * Whether the option `prefix` may hold any characters. A store whose backend limits its keys
   * refuses other prefixes in its constructor. Default: `true`.
   */
  anyPrefix?: boolean;
  /**
   * Seconds: the shortest life that the backend gives a record; the store takes shorter
   * ones for that. Default: 1.
   */
  minTtl?: number;
  /**
   * Seconds that a record may be read for after its life is over: `Infinity` when something
   * else cleans up. Default: 1.
   */
  ttlGranularity?: number;
  /** Added to the `ctx` that the hooks get, such as `{ platform: { env } }`. */
  ctx?: object;
}

/** The stores of one spec. */
export interface Subject {
  readonly store: ExternalStore;
  readonly backend: Backend;
  /** As from another process: another store on the same backend, where stores share one. */
  readonly otherStore: ExternalStore;
  readonly otherBackend: Backend;
}

/** Runs a check on stores of its own. */
export type WithStores = (check: (subject: Subject) => Promise<void>) => () => Promise<void>;

/**
 * The contract of external stores, as specs of your test runner: what the four hooks promise, and
 * what `session()` makes of that. Needs Node 18 or newer.
 *
 * @example
 * ```ts
 * import { externalStoreContract } from "@hattip/session/testing";
 *
 * externalStoreContract({ describe, it }, { create: () => new MyStore({ client }) });
 * ```
 */
export function externalStoreContract(
  runner: TestRunner,
  options: ExternalStoreContractOptions,
): void {
  const specify = specifierFor(runner);
  const withStores: WithStores = (check) => () => runWithStores(options, check);
  runner.describe("keeps the contract of external stores", () => {
    specifyHooks(specify, withStores, options);
    specifySessions(specify, withStores, options);
  });
}

async function runWithStores(
  { create, close, shared = true, ctx }: ExternalStoreContractOptions,
  check: (subject: Subject) => Promise<void>,
): Promise<void> {
  const keys = new Set<string>();
  const backendOf = (of: ExternalStore): Backend => new Backend(of, contextWith(ctx), keys);
  const store = await create();
  const otherStore = shared ? await create() : store;
  const backend = backendOf(store);
  try {
    await check({ store, backend, otherStore, otherBackend: backendOf(otherStore) });
  } finally {
    for (const key of keys) await backend.remove(key).catch(() => {});
    await close?.(store);
    if (otherStore !== store) await close?.(otherStore);
  }
}
