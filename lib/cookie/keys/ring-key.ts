import { andThen, isPromise, type Awaitable } from "../../platform/awaitable.js";
import type { RootKey } from "../../platform/engine.js";
import type { Kind } from "../frame.js";
import { encodePieces } from "./pae.js";

export type SubkeyMaker<Subkey> = (secret: Uint8Array) => Awaitable<Subkey>;

/**
 * More than the hours of thirty days, for one cookie name. A client that forges headers must not
 * fill the memory.
 */
const MAX_SUBKEYS = 1024;

/**
 * One key of a ring. It never seals anything itself: each purpose has its own subkey, HKDF-Expand
 * of the key with the purpose (product, kind of store, version, cookie name, period) as `info`.
 */
export class RingKey<Subkey> {
  readonly id: number;
  readonly #root: RootKey;
  readonly #kind: Kind;
  readonly #makeSubkey: SubkeyMaker<Subkey>;
  /** By cookie name, which the app chooses, and by period. */
  readonly #subkeys: Map<string, Map<number, Awaitable<Subkey>>> = new Map();

  constructor(id: number, root: RootKey, kind: Kind, makeSubkey: SubkeyMaker<Subkey>) {
    this.id = id;
    this.#root = root;
    this.#kind = kind;
    this.#makeSubkey = makeSubkey;
  }

  /** @param period - Chosen by the store: values of different periods have different subkeys. */
  subkey(cookieName: string, period: number): Awaitable<Subkey> {
    let subkeys = this.#subkeys.get(cookieName);
    if (!subkeys) this.#subkeys.set(cookieName, (subkeys = new Map()));
    return subkeys.get(period) ?? this.#derive(subkeys, cookieName, period);
  }

  #derive(
    subkeys: Map<number, Awaitable<Subkey>>,
    cookieName: string,
    period: number,
  ): Awaitable<Subkey> {
    const [name, version] = this.#kind.purpose;
    const info = encodePieces("@hattip/session", name, version, cookieName, String(period));
    const subkey = andThen(this.#root.expand(info), (secret) => this.#makeSubkey(secret));
    if (subkeys.size >= MAX_SUBKEYS) subkeys.delete(subkeys.keys().next().value!);
    subkeys.set(period, subkey);
    if (isPromise(subkey)) {
      // Meanwhile the subkey may have been evicted, or derived again.
      const isKept = (): boolean => subkeys.get(period) === subkey;
      subkey.then(
        (ready) => isKept() && subkeys.set(period, ready),
        () => isKept() && subkeys.delete(period),
      );
    }
    return subkey;
  }
}
