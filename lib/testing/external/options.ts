import type { ExternalStore } from "../../external/external-store.js";
import type { ExternalStoreOptions } from "../../external/options.js";
import type { Awaitable } from "../../platform/awaitable.js";

/** The options of `externalStoreContract()`: how to make the store, and what it can do. */
export interface ExternalStoreContractOptions {
  /**
   * Makes a store on the backend under test. The backend need not be empty: the specs use random
   * keys, and leave only records that expire.
   *
   * @param options - For the constructor of the store, which passes them on to the base class.
   */
  create(options: ExternalStoreOptions): Awaitable<ExternalStore>;
  /** Closes a store that `create` has made, after each spec. */
  close?(store: any): unknown;
  /** Whether `update` compares, as the store's `compares` says. Default: `true`. */
  compares?: boolean;
  /** Whether two stores that `create` has made see the same records. Default: `true`. */
  shared?: boolean;
  /**
   * Whether the option `prefix` can have any characters, and 251 of them. A store whose backend limits
   * its keys rejects other prefixes in its constructor. Default: `true`.
   */
  anyPrefix?: boolean;
  /**
   * The shortest time to live that the backend accepts, in seconds. The store replaces a shorter
   * `ttl` with it. Default: 1.
   */
  minTtl?: number;
  /**
   * How long a record can still be read after its time to live has passed, in seconds: `Infinity`
   * if a separate clean-up deletes such records. Default: 1.
   */
  ttlGranularity?: number;
  /** Runs the clean-up that the store ships, which deletes expired records. */
  deleteExpired?(): unknown;
  /**
   * Makes a store whose backend fails: at a port where nothing listens, for example. A driver that
   * tries again and again must give up within a third of `timeoutSeconds`.
   */
  broken?(options: ExternalStoreOptions): Awaitable<ExternalStore>;
  /**
   * The address of a module that exports `create`, too. Two worker threads import it, and their stores
   * race. Required for a synchronous driver, whose calls cannot race in one thread. Needs Node 20.16,
   * Deno or Bun.
   */
  module?: string | URL;
  /** The limit of one spec, in seconds, for slow backends. Default: 60. */
  timeoutSeconds?: number;
  /** Added to the `ctx` of the hooks. Example: `{ platform: { env } }`. */
  ctx?: object;
}
