import type { CookieStoreContractOptions } from "../../../lib/testing.js";

/** A store with one fault, its options, and the sentences of the contract that it breaks. */
export interface Fault {
  options: CookieStoreContractOptions;
  breaks: string[];
  /** What the messages must say, too: the change that was accepted, or a declaration. */
  says?: RegExp;
}

/** The sentences of the contract that several faults break. */
export const SENTENCES = {
  cookieSafe: "seal() returns a value that a cookie can hold unencoded.",
  exact: "unseal() returns exactly the text and the times that were sealed.",
  otherProcess: "unseal() opens a value that another process sealed with the same keys.",
  notOutdated: "A value that was sealed just now is not outdated.",
  parallel: "Records that are sealed and unsealed at the same time are not mixed up.",
  expired: "load() rejects a value that has expired.",
  neverThrows: "unseal() never throws: for every input it returns a record or a rejection reason.",
  madeUp: "unseal() rejects every value that a client has made up.",
  anyChange: "unseal() rejects a sealed value after any change, even of one character.",
  joined: "unseal() rejects a value that was joined from parts of two others.",
  otherName: "unseal() rejects a value that was sealed for another cookie name.",
  secret: "A client cannot read the sealed data, and equal records get different values.",
  everyProcess: "Equal records get different values in every process, also at the same moment.",
  repeats: "A client cannot see where data repeat, or that data begin alike.",
  lasts: "A session lasts from request to request until it is destroyed.",
  oldKey:
    "After a key rotation, unseal() opens the values of an old key, and reports them as outdated.",
  newKey: "After a key rotation, seal() uses the new key, and its values are not outdated.",
  reissued: "After a key rotation, a request that reads a session gets it reissued.",
  brokenHooks: "If its keys cannot be loaded, a store throws, and rejects no value.",
  brokenRequest: "If the keys cannot be loaded, a request fails, and its client keeps the value.",
} as const;
