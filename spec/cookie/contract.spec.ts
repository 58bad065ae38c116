import { EncryptedCookieStore, SignedCookieStore, UnsignedCookieStore } from "../../lib/index.js";
import { cookieStoreContract } from "../../lib/testing.js";

describe("UnsignedCookieStore", () => {
  cookieStoreContract(
    { describe, it },
    { create: () => new UnsignedCookieStore({ parse: JSON.parse }), sealed: false },
  );
});

describe("SignedCookieStore", () => {
  const keys = SignedCookieStore.generateKeysFromSecrets(["new secret", "old secret"]);

  cookieStoreContract({ describe, it }, { create: () => new SignedCookieStore(keys) });
});

describe("EncryptedCookieStore", () => {
  const keys = EncryptedCookieStore.generateKey().then((key) => [key]);

  cookieStoreContract(
    { describe, it },
    { create: () => new EncryptedCookieStore(keys), encrypted: true },
  );
});
