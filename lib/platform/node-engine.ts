import type { Awaitable } from "./awaitable.js";
import { decodeUtf8, encodeBase64url, encodeUtf8 } from "./bytes.js";
import {
  MAC_BYTES,
  TAG_BYTES,
  type CipherKey,
  type CryptoEngine,
  type MacKey,
  type RootKey,
} from "./engine.js";
import { webRootKey } from "./web-engine.js";

type KeyObject = object;

interface Hash {
  update(data: string | Uint8Array): Hash;
  digest(): Uint8Array;
  digest(encoding: "base64url"): string;
}

interface Cipher {
  setAAD(data: Uint8Array): unknown;
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
  getAuthTag(): Uint8Array;
  setAuthTag(tag: Uint8Array): unknown;
}

type CreateCipher = (
  algorithm: "aes-256-gcm",
  key: KeyObject,
  nonce: Uint8Array,
  options: { authTagLength: number },
) => Cipher;

/** The part of `node:crypto` that is used here, so that our declarations need no `@types/node`. */
export interface NodeCrypto {
  webcrypto: Crypto;
  KeyObject: { from(key: CryptoKey): KeyObject };
  createSecretKey(secret: Uint8Array): KeyObject;
  createHash(algorithm: "sha256"): Hash;
  createHmac(algorithm: "sha256", key: KeyObject): Hash;
  createCipheriv: CreateCipher;
  createDecipheriv: CreateCipher;
  hash?(algorithm: "sha256", data: string, encoding: "base64url"): string;
  randomFillSync(bytes: Uint8Array): Uint8Array;
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}

/** The part of `node:v8` that is used here. Old versions of Node have no snapshots. */
export interface NodeV8 {
  startupSnapshot?: { isBuildingSnapshot(): unknown };
}

const GCM = "aes-256-gcm";
const GCM_OPTIONS = { authTagLength: TAG_BYTES };
/**
 * Random bytes are drawn in blocks, because a call costs 5 µs whatever its length. No caller needs
 * more than 32 bytes.
 */
const POOL_BYTES = 2048;

/**
 * The engine on `node:crypto`, or `null` if that module is missing, or does not compute what it
 * should: a bundler's imitation must never seal a cookie.
 */
export function nodeEngine(crypto: unknown, v8?: NodeV8): NodeCryptoEngine | null {
  const node = crypto as NodeCrypto | undefined;
  return node && NodeCryptoEngine.passesSelfTest(node) ? new NodeCryptoEngine(node, v8) : null;
}

/** Synchronous, except for subkeys of a key that is not extractable. */
export class NodeCryptoEngine implements CryptoEngine {
  readonly #node: NodeCrypto;
  readonly #v8: NodeV8 | undefined;
  readonly #pool: Uint8Array = new Uint8Array(POOL_BYTES);
  #used = POOL_BYTES;

  /** @param v8 - Without it, no random bytes are kept for later. */
  constructor(node: NodeCrypto, v8?: NodeV8) {
    this.#node = node;
    this.#v8 = v8;
  }

  /** Known answers (RFC 4231 case 2, FIPS 180-4, and AES-256-GCM under the zero key). */
  static passesSelfTest(node: NodeCrypto): boolean {
    try {
      const engine = new NodeCryptoEngine(node);
      const zero = new Uint8Array(32);
      const nonce = zero.subarray(0, 12);
      const message = encodeUtf8("what do ya want for nothing?");
      const { sign, verify } = engine.macKey(encodeUtf8("Jefe"));
      const mac = sign(message) as Uint8Array;
      const cipher = engine.cipherKey(zero);
      const sealed = cipher.encrypt(nonce, message, message) as Uint8Array;
      const opened = cipher.decrypt(nonce, sealed, message) as Uint8Array | null;
      const forged = sealed.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
      return (
        typeof node.KeyObject.from === "function" &&
        typeof node.randomFillSync === "function" &&
        typeof node.webcrypto.subtle.sign === "function" &&
        encodeBase64url(mac) === "W9zBRr9gdU5qBCQmCJV1xw" &&
        verify(message, mac) === true &&
        verify(message, zero.subarray(0, MAC_BYTES)) === false &&
        encodeBase64url(sealed) === "uc8hSW0EBE5-L-Wk253pOBQPcepZyV4cuMySsXf_EMdMCJB-K1s6yVLpzDo" &&
        opened !== null &&
        decodeUtf8(opened) === decodeUtf8(message) &&
        cipher.decrypt(nonce, sealed, zero) === null &&
        cipher.decrypt(nonce, forged, message) === null &&
        engine.sha256("abc") === "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
      );
    } catch {
      return false;
    }
  }

  get subtle(): SubtleCrypto {
    return this.#node.webcrypto.subtle;
  }

  randomBytes(length: number): Uint8Array {
    if (this.#used + length > POOL_BYTES) {
      this.#node.randomFillSync(this.#pool);
      // Not in the self-test: Workers forbid randomness while a module is loading.
      if (this.#pool.every((byte) => byte === 0)) throw new Error("The random source is broken.");
      // Every process that starts from the snapshot would draw the bytes that are left.
      this.#used = mayBecomeSnapshot(this.#v8) ? POOL_BYTES - length : 0;
    }
    // A copy, because the pool is overwritten when it is filled again.
    return this.#pool.slice(this.#used, (this.#used += length));
  }

  sha256(text: string): string {
    return this.#node.hash
      ? this.#node.hash("sha256", text, "base64url")
      : this.#node.createHash("sha256").update(text).digest("base64url");
  }

  rootKey(key: CryptoKey | Uint8Array): Awaitable<RootKey> {
    const node = this.#node;
    // Not instanceof: every realm has its own Uint8Array, jsdom for example.
    const isSecret = ArrayBuffer.isView(key);
    // Node is going to refuse KeyObject.from() for keys that are not extractable (DEP0204).
    if (!isSecret && !key.extractable) return webRootKey(key, this.subtle);
    const root = isSecret ? node.createSecretKey(key) : node.KeyObject.from(key);
    return {
      expand: (info) =>
        node.createHmac("sha256", root).update(info).update(Uint8Array.of(1)).digest(),
    };
  }

  macKey(secret: Uint8Array): MacKey {
    const node = this.#node;
    const key = node.createSecretKey(secret);
    const sign = (message: Uint8Array): Uint8Array =>
      node.createHmac("sha256", key).update(message).digest().subarray(0, MAC_BYTES);
    return {
      sign,
      // In constant time: otherwise the time shows how many bytes of a forged MAC are right
      // (CVE-2013-0263 in Rack).
      verify: (message, mac) =>
        mac.length === MAC_BYTES && node.timingSafeEqual(sign(message), mac),
    };
  }

  cipherKey(secret: Uint8Array): CipherKey {
    const node = this.#node;
    const key = node.createSecretKey(secret);
    return {
      encrypt(nonce, plain, header) {
        const cipher = node.createCipheriv(GCM, key, nonce, GCM_OPTIONS);
        cipher.setAAD(header);
        const sealed = new Uint8Array(plain.length + TAG_BYTES);
        sealed.set(cipher.update(plain));
        cipher.final();
        sealed.set(cipher.getAuthTag(), plain.length);
        return sealed;
      },
      decrypt(nonce, sealed, header) {
        const end = sealed.length - TAG_BYTES;
        const decipher = node.createDecipheriv(GCM, key, nonce, GCM_OPTIONS);
        decipher.setAAD(header);
        decipher.setAuthTag(sealed.subarray(end));
        const plain = decipher.update(sealed.subarray(0, end));
        try {
          decipher.final();
          return plain;
        } catch {
          return null;
        }
      },
    };
  }
}

/**
 * Whether this heap may become a start-up snapshot (`node --build-snapshot`, single executables). It
 * may if the platform does not say: to keep no bytes is slower, but never wrong.
 */
function mayBecomeSnapshot(v8: NodeV8 | undefined): boolean {
  try {
    return Boolean(v8?.startupSnapshot?.isBuildingSnapshot() ?? true);
  } catch {
    return true; // old versions of Bun have the function, but it throws
  }
}
