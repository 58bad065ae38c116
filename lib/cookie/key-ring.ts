import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import type { CryptoEngine } from "../platform/crypto-engine.js";
import { readUint32, type Kind } from "./frame.js";
import { WiringError } from "../wiring-error.js";
import { encodePieces } from "./pae.js";
import { RingKey, type SubkeyMaker } from "./ring-key.js";

/**
 * The keys of a store: the first one seals, and each opens what it has sealed, found by
 * its ID. The ID is the first four bytes of HKDF-Expand of the key, with
 * PAE("@hattip/session", "key id", "1") as `info`.
 */
export class KeyRing<Subkey> {
  readonly first: RingKey<Subkey>;
  readonly #byId: Map<number, RingKey<Subkey>> = new Map();

  private constructor(keys: readonly RingKey<Subkey>[]) {
    for (const key of keys) {
      if (this.#byId.has(key.id)) {
        throw new WiringError("The option keys contains the same key twice.");
      }
      this.#byId.set(key.id, key);
    }
    this.first = keys[0]!;
  }

  /** @throws {TypeError} for keys that cannot do the work. */
  static create<Subkey>(
    keys: readonly CryptoKey[],
    engine: CryptoEngine,
    kind: Kind,
    makeSubkey: SubkeyMaker<Subkey>,
  ): Awaitable<KeyRing<Subkey>> {
    assertKeys(keys);
    const label = encodePieces("@hattip/session", "key id", "1");
    const ringKeys = keys.map((key) =>
      andThen(
        engine.expand(key, label),
        (bytes) => new RingKey(readUint32(bytes, 0), key, engine, kind, makeSubkey),
      ),
    );
    return ringKeys.every(isReady)
      ? new KeyRing(ringKeys)
      : Promise.all(ringKeys.map(async (key) => key)).then((ready) => new KeyRing(ready));
  }

  find(id: number): RingKey<Subkey> | undefined {
    return this.#byId.get(id);
  }
}

function isReady<T>(value: Awaitable<T>): value is T {
  return !isPromise(value);
}

/**
 * By shape, not by `instanceof`: Node 16 and 18 have no global CryptoKey,
 * and every realm has its own.
 */
function assertKeys(keys: readonly CryptoKey[]): void {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new WiringError(
      "The option keys must be an array of at least one key: await generateKeysFromBase64([...]) makes it.",
    );
  }
  for (const key of keys as Partial<CryptoKey>[]) {
    const algorithm = key?.algorithm as Partial<HmacKeyAlgorithm> | undefined;
    const fits =
      algorithm?.name === "HMAC" &&
      algorithm.hash?.name === "SHA-256" &&
      algorithm.length === 256 &&
      key.usages?.includes("sign");
    if (!fits) {
      throw new WiringError(
        'Each of the option keys must be a CryptoKey for HMAC with SHA-256, of 32 bytes, with the usage "sign": generateKey() and generateKeysFromBase64() make them.',
      );
    }
  }
}
