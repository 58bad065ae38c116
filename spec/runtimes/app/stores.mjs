// The keys are fixed, so that every runtime can read the tokens of all others.
const oldKey = "lFmkBSXhXnY6GH9s2zwx9LvmxrG/2YNFPx1V14eSKjI=";
const newKey = "cuq3Q4GJYypRQ4dL6HPtzfKSgJ83PbK5rEU7I2ou30I=";

/** The stores, each under the first part of its paths. */
export async function createStores(library, redisClients = {}) {
  const { EncryptedCookieStore, RedisSessionStore, SignedCookieStore, UnsafeMemoryStore } = library;
  const keyed = async (Store, keys) => new Store(await Store.generateKeysFromBase64(keys));
  return {
    memory: new UnsafeMemoryStore(),
    ...Object.fromEntries(
      Object.entries(redisClients).map(([name, getClient]) => [
        name,
        new RedisSessionStore({ getClient, prefix: `${name}:` }),
      ]),
    ),
    signed: await keyed(SignedCookieStore, [newKey, oldKey]),
    "signed-old-key": await keyed(SignedCookieStore, [oldKey]),
    "signed-new-key": await keyed(SignedCookieStore, [newKey]),
    encrypted: await keyed(EncryptedCookieStore, [newKey, oldKey]),
    "encrypted-old-key": await keyed(EncryptedCookieStore, [oldKey]),
    "encrypted-new-key": await keyed(EncryptedCookieStore, [newKey]),
  };
}
