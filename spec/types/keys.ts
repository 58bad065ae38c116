// Keys of Web Crypto go into the package and come out of it, where they are global names.
import { EncryptedCookieStore, SignedCookieStore } from "@hattip/session";

export async function withKeyOf(platform: CryptoKey) {
  const made: CryptoKey = await EncryptedCookieStore.generateKey();
  const derived: CryptoKey[] = await SignedCookieStore.generateKeysFromSecrets(["secret"]);
  void new EncryptedCookieStore([platform, made, ...derived, "text"]);
  void new SignedCookieStore(async () => [platform]);
  await EncryptedCookieStore.exportKey(platform);
  return crypto.subtle.exportKey("raw", made);
}

// @ts-expect-error: A number is no key.
void new EncryptedCookieStore([1]);
// @ts-expect-error: An object is no key.
void new SignedCookieStore([{}]);
