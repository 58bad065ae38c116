import { hattipHandler, hattipExchange, setCookiesOf } from "../drivers/fetch.mjs";
import { objectActions } from "../workload.mjs";

export const title = "this package";

const KEYS = ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"];

/**
 * This package as a contender, like ../contenders/hattip-session.mjs. But it is given the library,
 * so that a bundle has only what it uses; and the keys are texts, as in an app: generateKey() would
 * load Web Crypto, which an app on Node does not need.
 */
export function open(kind, library) {
  return {
    actions: objectActions((session) => session.data),
    exchange: hattipExchange,
    setCookiesOf,
    handle: hattipHandler(
      library.session({ store: storeOf(kind, library), defaultSessionData: {} }),
    ),
  };
}

function storeOf(kind, { SignedCookieStore, EncryptedCookieStore, UnsafeMemoryStore }) {
  if (kind === "signed") return new SignedCookieStore(KEYS);
  if (kind === "encrypted") return new EncryptedCookieStore(KEYS);
  return new UnsafeMemoryStore();
}
