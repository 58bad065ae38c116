/*
 * The cryptography of this package on Web Crypto, for platforms without `node:crypto`: the same
 * operations as those of CryptoEngine.
 */
import { encodeBase64url, encodeUtf8 } from "./bytes.js";
import { MAC_BYTES, type CipherKey, type MacKey, type RootKey } from "./engine.js";

const HMAC = { name: "HMAC", hash: "SHA-256" };
const GCM = "AES-GCM";

/** @throws {Error} if the platform has no Web Crypto. */
export function webCrypto(): Crypto {
  // Read late: a polyfill may be loaded after this package.
  const { crypto } = globalThis as { crypto?: Crypto };
  if (crypto?.subtle) return crypto;
  throw new Error(
    "There is no Web Crypto here: globalThis.crypto.subtle is missing. Browsers have it on https only. Tests with jsdom do not have it: test in the environment of Node.",
  );
}

export function webRandomBytes(length: number): Uint8Array {
  return webCrypto().getRandomValues(new Uint8Array(length));
}

export async function webSha256(text: string): Promise<string> {
  const digest = await webCrypto().subtle.digest("SHA-256", bufferSource(encodeUtf8(text)));
  return encodeBase64url(new Uint8Array(digest));
}

/** @param subtle - Node's own when the engine on `node:crypto` calls: Node 16 has no global one. */
export async function webRootKey(
  key: CryptoKey | Uint8Array,
  subtle: SubtleCrypto,
): Promise<RootKey> {
  // Not instanceof: every realm has its own Uint8Array, jsdom for example.
  const root = ArrayBuffer.isView(key) ? await hmacKey(key, subtle) : key;
  return {
    expand: async (info) => {
      const block = new Uint8Array(info.length + 1);
      block.set(info);
      block[info.length] = 1;
      return new Uint8Array(await subtle.sign("HMAC", root, block));
    },
  };
}

export async function webMacKey(secret: Uint8Array): Promise<MacKey> {
  const { subtle } = webCrypto();
  const key = await hmacKey(secret, subtle);
  const sign = async (message: Uint8Array): Promise<Uint8Array> =>
    new Uint8Array(await subtle.sign("HMAC", key, bufferSource(message)), 0, MAC_BYTES);
  // subtle.verify does not accept truncated MACs.
  return { sign, verify: async (message, mac) => equalInConstantTime(await sign(message), mac) };
}

export async function webCipherKey(secret: Uint8Array): Promise<CipherKey> {
  const { subtle } = webCrypto();
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  const key = await subtle.importKey("raw", bufferSource(secret), GCM, false, usages);
  const options = (nonce: Uint8Array, header: Uint8Array): AesGcmParams => ({
    name: GCM,
    iv: bufferSource(nonce),
    additionalData: bufferSource(header),
  });
  return {
    async encrypt(nonce, plain, header) {
      const sealed = await subtle.encrypt(options(nonce, header), key, bufferSource(plain));
      return new Uint8Array(sealed);
    },
    async decrypt(nonce, sealed, header) {
      try {
        const plain = await subtle.decrypt(options(nonce, header), key, bufferSource(sealed));
        return new Uint8Array(plain);
      } catch {
        return null;
      }
    },
  };
}

function hmacKey(secret: Uint8Array, subtle: SubtleCrypto): Promise<CryptoKey> {
  return subtle.importKey("raw", bufferSource(secret), HMAC, false, ["sign"]);
}

/** No early return: the time must not show how many bytes of a forged MAC are right. */
function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}

/** The types of Web Crypto exclude shared memory, which this package never uses. */
function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}
