/**
 * The type of Web Crypto's keys, from the library that the project has: the DOM's, or that of
 * `@types/node`, which declares it as a global only since version 24.
 */
export type CryptoKey = typeof globalThis extends { CryptoKey: { prototype: infer Key } }
  ? Key
  : {
      readonly type: "private" | "public" | "secret";
      readonly extractable: boolean;
      readonly algorithm: { name: string };
      readonly usages: (
        | "encrypt"
        | "decrypt"
        | "sign"
        | "verify"
        | "deriveKey"
        | "deriveBits"
        | "wrapKey"
        | "unwrapKey"
      )[];
    };
