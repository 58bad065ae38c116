import { assertKnownOptions } from "../option-checks.js";
import type { SerializationOptions } from "../base-store.js";
import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { decodeBase64url, decodeUtf8, encodeBase64url } from "../platform/bytes.js";
import { cryptoEngine } from "../platform/crypto.js";
import { withinTime } from "../platform/time-limit.js";
import { TimeoutError } from "../platform/timeout-error.js";
import type { CryptoEngine } from "../platform/crypto-engine.js";
import type { SessionRecord } from "../record.js";
import type { FreshReason, StoreScope } from "../store.js";
import { CookieStore, type Unsealed } from "./cookie-store.js";
import { isSealed, readHeader, type Header, type Kind } from "./frame.js";
import { decodeKey, HMAC, importKeys } from "./key-making.js";
import { KeyRing } from "./key-ring.js";
import type { RingKey } from "./ring-key.js";

/**
 * The keys of a store, the one that seals first; a promise of them; or a function of `ctx`
 * (on Workers, secrets are known only from there). They are resolved once per store,
 * within 5 seconds. A function that fails is called again by the next request; a promise
 * that was rejected stays rejected.
 *
 * @example
 * ```ts
 * const keys: Keys = (ctx) => EncryptedCookieStore.generateKeysFromBase64([ctx.env("SESSION_KEY")!]);
 * ```
 */
export type Keys =
  | readonly CryptoKey[]
  | PromiseLike<readonly CryptoKey[]>
  | ((ctx: RequestContext<any>) => Awaitable<readonly CryptoKey[]>);

/** Seconds. */
const KEYS_TIMEOUT = 5;

/**
 * What the signed and the encrypted store share: the key ring, and the way from a value to the one
 * key that may open it. Not exported: to seal in another way, extend `CookieStore`.
 */
export abstract class KeyedCookieStore<Subkey> extends CookieStore {
  readonly #keys: Keys;
  #ring: Awaitable<KeyRing<Subkey>> | undefined;

  constructor(keys: Keys, options: SerializationOptions = {}) {
    super(options);
    assertKnownOptions(new.target.name, options, ["stringify", "parse"]);
    this.#keys = keys;
    // What is wrong with the keys is said at construction where they and the engine are there.
    if (typeof keys !== "function" && !isPromise(keys)) this.#ring = this.#createRing();
  }

  /** A new key from the platform's random source, extractable. */
  static async generateKey(): Promise<CryptoKey> {
    const { subtle } = await cryptoEngine();
    return subtle.generateKey(HMAC, true, ["sign"]);
  }

  /**
   * The key as base64url of 32 bytes, to be kept as a secret and given to `generateKeysFromBase64`.
   */
  static async exportKey(key: CryptoKey): Promise<string> {
    const { subtle } = await cryptoEngine();
    return encodeBase64url(new Uint8Array(await subtle.exportKey("raw", key)));
  }

  /**
   * Keys from base64 or base64url of 32 random bytes each, the one that seals first.
   *
   * To rotate: add the new key at the end, deploy everywhere, move it to the front, and drop the
   * old one when the absolute timeout has passed.
   *
   * @throws {TypeError} when there is none, or one that is not 32 bytes long.
   */
  static async generateKeysFromBase64(keys: readonly string[]): Promise<CryptoKey[]> {
    return importKeys("keys", keys, decodeKey);
  }

  /** Hook: the sealed bytes, which begin with the header of this record. */
  protected abstract sealFrame(
    record: SessionRecord,
    key: RingKey<Subkey>,
    scope: StoreScope,
  ): Awaitable<Uint8Array>;

  /**
   * Hook: the text in bytes of at least `minBytes` that this key has
   * sealed, if their header is true.
   */
  protected abstract openFrame(
    frame: Uint8Array,
    header: Header,
    key: RingKey<Subkey>,
    scope: StoreScope,
  ): Awaitable<Uint8Array | FreshReason>;

  /** Hook: what the subkeys are used for. */
  protected abstract makeSubkey(engine: CryptoEngine, secret: Uint8Array): Awaitable<Subkey>;

  protected abstract get kind(): Kind;
  /** The length of the sealed bytes when there is no text. */
  protected abstract readonly minBytes: number;

  /** Under the first key. */
  protected seal(record: SessionRecord, scope: StoreScope): Awaitable<string> {
    return andThen(this.#keyRing(scope.ctx), (ring) =>
      andThen(this.sealFrame(record, ring.first, scope), encodeBase64url),
    );
  }

  /** One key at most is tried: the one that the value names. */
  protected unseal(value: string, scope: StoreScope): Awaitable<Unsealed | FreshReason> {
    const frame = decodeBase64url(value);
    if (frame === null) return "malformed";
    if (frame[0] !== this.kind.byte) return isSealed(frame) ? "other-store" : "malformed";
    if (frame.length < this.minBytes) return "malformed";
    return andThen(this.#keyRing(scope.ctx), (ring): Awaitable<Unsealed | FreshReason> => {
      const header = readHeader(frame);
      const key = ring.find(header.keyId);
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
    const ring = (this.#ring ??= this.#createRing(ctx));
    return isPromise(ring) ? this.#whenReady(ring) : ring;
  }

  /**
   * With a time limit for each who waits: on Workers, whatever a request has begun stands
   * still for ever once it is over, its timers included, and the keys may be what another
   * request had begun to fetch.
   */
  async #whenReady(ring: PromiseLike<KeyRing<Subkey>>): Promise<KeyRing<Subkey>> {
    try {
      return await withinTime(KEYS_TIMEOUT, ring);
    } catch (cause) {
      if (this.#ring === ring) this.#ring = undefined;
      throw cause instanceof TimeoutError ? keysNotLoaded(cause) : cause;
    }
  }

  #createRing(ctx?: RequestContext<any>): Awaitable<KeyRing<Subkey>> {
    const given = this.#keys;
    const keys = typeof given === "function" || isPromise(given) ? this.#fetchKeys(ctx) : given;
    const ring = andThen(keys, (ready) =>
      andThen(cryptoEngine(), (engine) =>
        KeyRing.create(ready, engine, this.kind, (by, secret) => this.makeSubkey(by, secret)),
      ),
    );
    if (isPromise(ring)) {
      ring.then(
        (ready) => (this.#ring = ready),
        () => {}, // those who wait for it are told, and forget it
      );
    }
    return ring;
  }

  async #fetchKeys(ctx: RequestContext<any> | undefined): Promise<readonly CryptoKey[]> {
    try {
      return await (typeof this.#keys === "function" ? this.#keys(ctx!) : this.#keys);
    } catch (cause) {
      throw keysNotLoaded(cause);
    }
  }
}

function keysNotLoaded(cause: unknown): SessionError {
  const message = "The keys of the cookie store could not be loaded; see the cause.";
  return new SessionError("ERR_SESSION_STORE", message, { cause });
}
