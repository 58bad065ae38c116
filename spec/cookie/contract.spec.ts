import {
  EncryptedCookieStore,
  SignedCookieStore,
  UnsignedCookieStore,
  type Keys,
} from "../../lib/index.js";
import { cookieStoreContract } from "../../lib/testing.js";

const UNREACHABLE: Keys = () => Promise.reject(new Error("The key service is down."));

describe("UnsignedCookieStore", () => {
  cookieStoreContract(
    { describe, it },
    { create: () => new UnsignedCookieStore({ parse: JSON.parse }), sealed: false },
  );
});

describe("SignedCookieStore", () => {
  const keys = SignedCookieStore.generateKeysFromSecrets(["old secret", "older secret"]);
  const rotated = SignedCookieStore.generateKeysFromSecrets(["new", "old secret", "older secret"]);

  cookieStoreContract(
    { describe, it },
    {
      create: () => new SignedCookieStore(keys),
      rotated: () => new SignedCookieStore(rotated),
      broken: () => new SignedCookieStore(UNREACHABLE),
    },
  );
});

describe("EncryptedCookieStore", () => {
  const key = EncryptedCookieStore.generateKey();
  const newKey = EncryptedCookieStore.generateKey();

  cookieStoreContract(
    { describe, it },
    {
      create: () => new EncryptedCookieStore(key.then((old) => [old])),
      rotated: () => new EncryptedCookieStore(Promise.all([newKey, key])),
      broken: () => new EncryptedCookieStore(UNREACHABLE),
      encrypted: true,
    },
  );
});
