export type { TestRunner } from "./testing/contract.js";
export {
  cookieStoreContract,
  type CookieStoreContractOptions,
} from "./testing/cookie-store-contract.js";
export {
  externalStoreContract,
  type ExternalStoreContractOptions,
} from "./testing/external-store-contract.js";
export {
  externalHooksOf,
  cookieHooksOf,
  type CookieStoreHooks,
  type ExternalStoreHooks,
} from "./testing/hooks.js";
