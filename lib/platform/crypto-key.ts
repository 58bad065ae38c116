/**
 * A `CryptoKey` of Web Crypto, of whichever library the project has: the DOM's, that of `@types/node`
 * (which has no global `CryptoKey` before version 24) or of `@cloudflare/workers-types`. They differ
 * in the types of these properties.
 */
export interface CryptoKey {
  readonly type: any;
  readonly extractable: boolean;
  readonly algorithm: any;
  readonly usages: any;
}
