import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type SessionStore,
} from "../../lib/index.js";

export const keys = await SignedCookieStore.generateKeysFromBase64([
  "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI=",
]);

/**
 * One of each kind that needs no server: what the middleware promises it promises with all of them.
 */
export const stores: Record<string, () => SessionStore> = {
  UnsignedCookieStore: () => new UnsignedCookieStore(),
  SignedCookieStore: () => new SignedCookieStore(keys),
  EncryptedCookieStore: () => new EncryptedCookieStore(keys),
  UnsafeMemoryStore: () => new UnsafeMemoryStore(),
};
