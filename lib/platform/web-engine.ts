import { encodeBase64url, encodeUtf8 } from "./bytes.js";
import {
  MAC_BYTES,
  type CipherKey,
  type CryptoEngine,
  type MacKey,
  type RootKey,
} from "./engine.js";

const HMAC = { name: "HMAC", hash: "SHA-256" };
const GCM = "AES-GCM";

/** The engine on Web Crypto, for platforms without `node:crypto`. */
export class WebCryptoEngine implements CryptoEngine {
  readonly #crypto: Crypto;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  get subtle(): SubtleCrypto {
    return this.#crypto.subtle;
  }

  randomBytes(length: number): Uint8Array {
    return this.#crypto.getRandomValues(new Uint8Array(length));
  }

  async sha256(text: string): Promise<string> {
    const digest = await this.subtle.digest("SHA-256", bufferSource(encodeUtf8(text)));
    return encodeBase64url(new Uint8Array(digest));
  }

  async rootKey(key: CryptoKey | Uint8Array): Promise<RootKey> {
    const root = key instanceof Uint8Array ? await this.#hmacKey(key) : key;
    return {
      expand: async (info) => {
        const block = new Uint8Array(info.length + 1);
        block.set(info);
        block[info.length] = 1;
        return new Uint8Array(await this.subtle.sign("HMAC", root, block));
      },
    };
  }

  async macKey(secret: Uint8Array): Promise<MacKey> {
    const key = await this.#hmacKey(secret);
    const sign = async (message: Uint8Array): Promise<Uint8Array> =>
      new Uint8Array(await this.subtle.sign("HMAC", key, bufferSource(message)), 0, MAC_BYTES);
    // subtle.verify does not accept truncated MACs.
    return { sign, verify: async (message, mac) => equalInConstantTime(await sign(message), mac) };
  }

  async cipherKey(secret: Uint8Array): Promise<CipherKey> {
    const { subtle } = this;
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

  #hmacKey(secret: Uint8Array): Promise<CryptoKey> {
    return this.subtle.importKey("raw", bufferSource(secret), HMAC, false, ["sign"]);
  }
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
