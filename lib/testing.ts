/**
 * Contracts for a store of your own: specs that run in your test runner.
 *
 * @module @hattip/session/testing
 */

export type { TestRunner } from "./testing/test-runner.js";
export {
  cookieStoreContract,
  type CookieStoreContractOptions,
} from "./testing/cookie-store-contract.js";
export { externalStoreContract } from "./testing/external-store-contract.js";
export type { ExternalStoreContractOptions } from "./testing/external/options.js";
export { externalHooksOf, cookieHooksOf, type CookieStoreHooks } from "./testing/hooks.js";
export type { Backend } from "./external/backend-hooks.js";
