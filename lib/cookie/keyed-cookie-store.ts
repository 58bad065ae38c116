import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { decodeBase64url, decodeUtf8, encodeBase64url } from "../platform/bytes.js";
import type { CryptoKey } from "../platform/crypto-key.js";
import { subtleCrypto } from "../platform/crypto.js";
import { TimeoutError, withinTime } from "../platform/time-limit.js";
import type { SessionRecord } from "../records/record.js";
import type { SerializationOptions } from "../records/session-codec.js";
import type { RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import { CookieStore, type Unsealed } from "./cookie-store.js";
import { isSealed, readHeader, type Header, type Kind } from "./frame.js";
import { HMAC, importKeys } from "./keys/import-keys.js";
import { decodeKey, KeysError, keyMaterialOf, type KeyMaterial } from "./keys/key-material.js";
import { createKeyRing, type KeyRing } from "./keys/key-ring.js";
import type { RingKey } from "./keys/ring-key.js";

/**
 * A key of a store: the base64 or base64url text of 32 random bytes, or a `CryptoKey` that
 * `generateKey()`, `generateKeysFromBase64()` or `generateKeysFromSecrets()` has made.
 */
export type SessionKey = CryptoKey | string;

/**
 * The keys of a cookie store: an array, a promise of one, or a function of `ctx` that returns one (on
 * Workers, only `ctx` gives access to secrets). The first key seals; all keys open.
 *
 * The store loads its keys once, within 5 seconds, and keeps them for all requests: they must not depend
 * on the request. A tenant with keys of its own needs a store of its own. If a function fails, the next
 * request calls it again; a rejected promise stays rejected.
 *
 * Two apps with the same key and the same cookie name accept each other's sessions.
 *
 * @example
 * ```ts
 * const keys: Keys = (ctx) => [ctx.env("SESSION_KEY")!];
 * ```
 */
export type Keys =
  | readonly SessionKey[]
  | PromiseLike<readonly SessionKey[]>
  | ((ctx: RequestContext<any>) => Awaitable<readonly SessionKey[]>);

const KEYS_TIMEOUT_SECONDS = 5;
const KEYS_NOT_LOADED = "The keys of the cookie store could not be loaded; see the cause.";

/**
 * What the signed and the encrypted store share: the key ring, and the choice of the one key that
 * may open a value. Not exported: to seal in another way, extend `CookieStore`.
 */
export abstract class KeyedCookieStore<
  Subkey,
  Data extends object = SessionData,
> extends CookieStore<Data> {
  readonly #keys: Keys;
  #ring: Awaitable<KeyRing<Subkey>> | undefined;

  /** @throws {TypeError} for an array that is empty or holds anything but keys. */
  constructor(keys: Keys, options: SerializationOptions<Data> = {}) {
    super(options);
    this.#keys = keys;
    if (typeof keys === "function" || isPromise(keys)) return;
    void this.#keep(this.#makeRing(keyMaterialOf(keys)));
  }

  /** Makes a new key from the platform's random source. `exportKey()` can export it. */
  static async generateKey(): Promise<CryptoKey> {
    return subtleCrypto().generateKey(HMAC, true, ["sign"]);
  }

  /**
   * Returns the key as base64url of 32 bytes: keep it as a secret, and give it to the constructor.
   */
  static async exportKey(key: CryptoKey): Promise<string> {
    return encodeBase64url(new Uint8Array(await subtleCrypto().exportKey("raw", key)));
  }

  /**
   * Makes keys from base64 or base64url of 32 random bytes each. The constructor also takes such texts
   * themselves.
   *
   * To rotate keys: add the new key at the end, and deploy everywhere. Then move it to the front. Remove
   * the old key when the absolute timeout has passed.
   *
   * @throws {TypeError} for an empty list, and for a key that is not 32 bytes long.
   */
  static async generateKeysFromBase64(keys: readonly string[]): Promise<CryptoKey[]> {
    return importKeys("keys", keys, decodeKey);
  }

  /** @internal Hook: the sealed bytes, which begin with the header of this record. */
  protected abstract sealFrame(
    record: SessionRecord,
    key: RingKey<Subkey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array>;

  /** @internal Hook: the text that this key sealed in a frame of at least `minBytes`, or a reason. */
  protected abstract openFrame(
    frame: Uint8Array,
    header: Header,
    key: RingKey<Subkey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array | RejectionReason>;

  /** @internal Hook: makes a subkey for this store's algorithm. */
  protected abstract makeSubkey(secret: Uint8Array): Awaitable<Subkey>;

  /** @internal */
  protected abstract get kind(): Kind;
  /** @internal The length of the sealed bytes of an empty text. */
  protected abstract readonly minBytes: number;

  /** Seals with the first key. */
  protected seal(record: SessionRecord, scope: SessionScope): Awaitable<string> {
    return andThen(this.#keyRing(scope.ctx), (ring) =>
      andThen(this.sealFrame(record, ring.first, scope), encodeBase64url),
    );
  }

  /** Chooses the one key whose ID stands in the value. No other key is tried. */
  protected unseal(value: string, scope: SessionScope): Awaitable<Unsealed | RejectionReason> {
    const frame = decodeBase64url(value);
    if (frame === null) return "malformed";
    if (frame[0] !== this.kind.byte) return isSealed(frame) ? "other-store" : "malformed";
    if (frame.length < this.minBytes) return "malformed";
    return andThen(this.#keyRing(scope.ctx), (ring): Awaitable<Unsealed | RejectionReason> => {
      const header = readHeader(frame);
      const key = ring.byId.get(header.keyId);
      if (key === undefined) return "unknown-key";
      return andThen(this.openFrame(frame, header, key, scope), (opened) =>
        typeof opened === "string"
          ? opened
          : {
              text: decodeUtf8(opened),
              created: header.created,
              expires: header.expires,
              outdated: key !== ring.first,
            },
      );
    });
  }

  #keyRing(ctx: RequestContext<any>): Awaitable<KeyRing<Subkey>> {
    const ring = this.#ring ?? this.#keep(this.#loadRing(ctx));
    return isPromise(ring) ? this.#whenReady(ring) : ring;
  }

  /**
   * Each request waits with a timeout of its own, because another request may have begun to load
   * the keys. On Workers, everything that a request has begun stops for ever when that request is
   * over, timers included.
   */
  async #whenReady(loading: PromiseLike<KeyRing<Subkey>>): Promise<KeyRing<Subkey>> {
    try {
      return await withinTime(KEYS_TIMEOUT_SECONDS, loading);
    } catch (cause) {
      if (this.#ring === loading) this.#ring = undefined;
      if (cause instanceof TimeoutError)
        throw new SessionError("ERR_SESSION_STORE", KEYS_NOT_LOADED, { cause });
      if (cause instanceof KeysError) throw new SessionError("ERR_SESSION_USAGE", cause.message);
      throw cause;
    }
  }

  /** Keeps the ring also if it is ready only after the requests that waited for it have failed. */
  #keep(ring: Awaitable<KeyRing<Subkey>>): Awaitable<KeyRing<Subkey>> {
    this.#ring = ring;
    if (isPromise(ring)) {
      ring.then(
        (ready) => (this.#ring = ready),
        () => {}, // the requests that wait for it report the error
      );
    }
    return ring;
  }

  async #loadRing(ctx: RequestContext<any>): Promise<KeyRing<Subkey>> {
    let keys: readonly SessionKey[];
    try {
      keys = await (typeof this.#keys === "function" ? this.#keys(ctx) : this.#keys);
    } catch (cause) {
      throw new SessionError("ERR_SESSION_STORE", KEYS_NOT_LOADED, { cause });
    }
    return this.#makeRing(keyMaterialOf(keys));
  }

  #makeRing(keys: readonly KeyMaterial[]): Awaitable<KeyRing<Subkey>> {
    return createKeyRing(keys, this.kind, (secret) => this.makeSubkey(secret));
  }
}
