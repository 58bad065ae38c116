import { andThen, isPromise, type Awaitable } from "../../platform/awaitable.js";
import type { CryptoEngine } from "../../platform/engine.js";
import { viewOf, type Kind } from "../frame.js";
import { encodePieces } from "./pae.js";
import { RingKey, type SubkeyMaker } from "./ring-key.js";

/** The keys that an app gives are unsuitable. */
export class KeysError extends TypeError {}

/**
 * The keys of a store: the first one seals, and each opens the values that it has sealed. A value
 * names its key by the key's ID: the first four bytes of HKDF-Expand of the key, with
 * PAE("@hattip/session", "key id", "1") as `info`.
 */
export interface KeyRing<Subkey> {
  readonly first: RingKey<Subkey>;
  readonly byId: ReadonlyMap<number, RingKey<Subkey>>;
}

/** @throws {TypeError} if two of the keys have the same ID. */
export function createKeyRing<Subkey>(
  keys: readonly CryptoKey[],
  engine: CryptoEngine,
  kind: Kind,
  makeSubkey: SubkeyMaker<Subkey>,
): Awaitable<KeyRing<Subkey>> {
  const label = encodePieces("@hattip/session", "key id", "1");
  const ringKeys = keys.map((key) =>
    andThen(
      engine.expand(key, label),
      (bytes) => new RingKey(viewOf(bytes).getUint32(0), key, engine, kind, makeSubkey),
    ),
  );
  return ringKeys.some(isPromise)
    ? Promise.all(ringKeys.map(async (key) => key)).then(ringOf)
    : ringOf(ringKeys as RingKey<Subkey>[]);
}

function ringOf<Subkey>(keys: readonly RingKey<Subkey>[]): KeyRing<Subkey> {
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size < keys.length) {
    throw new KeysError("The option keys contains the same key twice.");
  }
  return { first: keys[0]!, byId };
}

/**
 * Checks the shape, not `instanceof`: Node 16 and 18 have no global CryptoKey, and every realm has
 * its own.
 *
 * @throws {TypeError} that says which keys are suitable.
 */
export function assertKeys(keys: unknown): asserts keys is readonly CryptoKey[] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new KeysError(
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
      throw new KeysError(
        'Each of the option keys must be a CryptoKey for HMAC with SHA-256, of 32 bytes, with the usage "sign": generateKey() and generateKeysFromBase64() make them.',
      );
    }
  }
}
