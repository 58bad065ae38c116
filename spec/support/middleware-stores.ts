import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
} from "../../lib/index.js";
import type { BaseStore } from "../../lib/records/base-store.js";

export const keys = await SignedCookieStore.generateKeysFromBase64([
  "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI=",
]);

/**
 * One store of each kind that needs no server. The middleware behaves the same with all of them.
 */
export const stores: Record<string, () => BaseStore> = {
  UnsignedCookieStore: () => new UnsignedCookieStore(),
  SignedCookieStore: () => new SignedCookieStore(keys),
  EncryptedCookieStore: () => new EncryptedCookieStore(keys),
  UnsafeMemoryStore: () => new UnsafeMemoryStore(),
};
