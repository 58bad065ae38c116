import { andThen, isPromise, type Awaitable } from "../../platform/awaitable.js";
import { rootKey } from "../../platform/crypto.js";
import { readUint32, type Kind } from "../frame.js";
import { KeysError, type KeyMaterial } from "./key-material.js";
import { encodePieces } from "./pae.js";
import { RingKey, type SubkeyMaker } from "./ring-key.js";

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
  keys: readonly KeyMaterial[],
  kind: Kind,
  makeSubkey: SubkeyMaker<Subkey>,
): Awaitable<KeyRing<Subkey>> {
  const label = encodePieces("@hattip/session", "key id", "1");
  const ringKeys = keys.map((key) =>
    andThen(rootKey(key), (root) =>
      andThen(
        root.expand(label),
        (bytes) => new RingKey(readUint32(bytes, 0), root, kind, makeSubkey),
      ),
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
