// Keys of Node's Web Crypto go into the package and come out of it, by the names in node:crypto.
import { webcrypto } from "node:crypto";
import { EncryptedCookieStore, SignedCookieStore } from "@hattip/session";

export async function withKeyOf(platform: webcrypto.CryptoKey) {
  const made: webcrypto.CryptoKey = await EncryptedCookieStore.generateKey();
  void new EncryptedCookieStore([platform, made, "text"]);
  void new SignedCookieStore(async () => [platform]);
  await EncryptedCookieStore.exportKey(platform);
  return webcrypto.subtle.exportKey("raw", made);
}

// @ts-expect-error: A number is no key.
void new EncryptedCookieStore([1]);
