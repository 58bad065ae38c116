import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";
import { objectActions } from "../workload.mjs";

export const title = "this package";
export const packages = [];
export const kinds = ["signed", "encrypted", "unsigned", "memory", "redis"];
export const lacks = {};

/**
 * @param options.entry - The module of the package that an app gets: `node` on Node, and `index` where
 * there is only Web Crypto.
 */
export async function open(kind, { redisUrl, keys = 1, maxBytes, entry = "node" }) {
  const library = await import(`../../dist/esm/${entry}.js`);
  const store = await storeOf(kind, library, { redisUrl, keys, maxBytes });
  return {
    actions: objectActions((session) => session.data),
    exchange: hattipExchange,
    setCookiesOf,
    handle: hattipHandler(library.session({ store, defaultSessionData: {} })),
    close: () => store.close?.(),
  };
}

async function storeOf(kind, library, { redisUrl, keys, maxBytes }) {
  const ring = (Store) => Promise.all(Array.from({ length: keys }, () => Store.generateKey()));
  switch (kind) {
    case "signed":
      return new library.SignedCookieStore(await ring(library.SignedCookieStore));
    case "encrypted":
      return new library.EncryptedCookieStore(await ring(library.EncryptedCookieStore));
    case "unsigned":
      return new library.UnsignedCookieStore();
    case "memory":
      return new library.UnsafeMemoryStore({ maxBytes });
    case "redis": {
      const { createClient } = await import("redis");
      return new library.RedisSessionStore({
        getClient: () => createClient({ url: redisUrl }),
        maxBytes,
      });
    }
    default:
      throw new Error(`There is no kind ${kind}.`);
  }
}
