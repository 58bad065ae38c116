import { andThen, type Awaitable } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import type { CryptoKey } from "../platform/crypto-key.js";
import { macKey, subtleCrypto } from "../platform/crypto.js";
import { MAC_BYTES, type MacKey } from "../platform/engine.js";
import type { SessionRecord } from "../records/record.js";
import type { RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import { HEADER_BYTES, SIGNED_V1, writeHeader, type Header, type Kind } from "./frame.js";
import { KeyedCookieStore } from "./keyed-cookie-store.js";
import { importKeys } from "./keys/import-keys.js";
import type { RingKey } from "./keys/ring-key.js";

/** An HMAC key has no limit of uses that matters here, so one period is enough. */
const ONLY_PERIOD = 0;
/** The most that Cloudflare Workers allow. */
const PBKDF2_ITERATIONS = 100_000;
const PBKDF2_SALT = "@hattip/session PBKDF2 1";

/**
 * Keeps the session in a cookie that the client can read but not change.
 *
 * @example
 * ```ts
 * const store = new SignedCookieStore([process.env.SESSION_KEY!]);
 * app.use(session({ store, defaultSessionData: { theme: "light" } }));
 * ```
 *
 * @remarks
 * The value is base64url of
 *
 * | bytes | content |
 * | --- | --- |
 * | 0 | 0x49: signed, version 1 |
 * | 1–4 | key ID |
 * | 5–8 | created, seconds since 1970, big-endian |
 * | 9–12 | expires, likewise |
 * | 13… | the data in UTF-8 |
 * | the last 16 | HMAC-SHA-256, truncated, of all bytes before it |
 *
 * The key of the MAC is HKDF-Expand of one of the store's keys. Its `info` is PAE("@hattip/session",
 * "signed", "1", cookie name, "0"), so that a value is invalid under another name and in another kind
 * of store.
 */
export class SignedCookieStore<Data extends object = SessionData> extends KeyedCookieStore<
  MacKey,
  Data
> {
  /** @internal */
  protected readonly minBytes: number = HEADER_BYTES + MAC_BYTES;

  /**
   * Makes keys from secrets such as passwords, by PBKDF2-SHA-256 with 100 000 iterations and the salt
   * `@hattip/session PBKDF2 1`. Call it once, when the app starts.
   *
   * Prefer random keys: anybody who has one cookie can guess secrets offline, and a guess costs only
   * some 20 ms.
   *
   * @throws {TypeError} for an empty list or an empty secret.
   */
  static async generateKeysFromSecrets(secrets: readonly string[]): Promise<CryptoKey[]> {
    return importKeys("secrets", secrets, stretch);
  }

  /** @internal Not a field: the constructor of the base class needs it. */
  protected get kind(): Kind {
    return SIGNED_V1;
  }

  /** @internal */
  protected makeSubkey(secret: Uint8Array): Awaitable<MacKey> {
    return macKey(secret);
  }

  /** @internal */
  protected sealFrame(
    record: SessionRecord,
    key: RingKey<MacKey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array> {
    const text = encodeUtf8(record.text);
    const frame = new Uint8Array(HEADER_BYTES + text.length + MAC_BYTES);
    writeHeader(frame, SIGNED_V1, key.id, record);
    frame.set(text, HEADER_BYTES);
    const macAt = frame.length - MAC_BYTES;
    return andThen(key.subkey(scope.cookieName, ONLY_PERIOD), ({ sign }) =>
      andThen(sign(frame.subarray(0, macAt)), (mac) => {
        frame.set(mac, macAt);
        return frame;
      }),
    );
  }

  /** @internal */
  protected openFrame(
    frame: Uint8Array,
    _header: Header,
    key: RingKey<MacKey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array | RejectionReason> {
    const macAt = frame.length - MAC_BYTES;
    return andThen(key.subkey(scope.cookieName, ONLY_PERIOD), ({ verify }) =>
      andThen(verify(frame.subarray(0, macAt), frame.subarray(macAt)), (isGenuine) =>
        isGenuine ? frame.subarray(HEADER_BYTES, macAt) : "tampered",
      ),
    );
  }
}

async function stretch(secret: string): Promise<Uint8Array> {
  // Checked before encoding: TextEncoder turns undefined into an empty text, which would be a key
  // that everybody knows.
  if (typeof secret !== "string" || secret === "") {
    throw new TypeError(
      "Each secret must be a string, and not an empty one: is the environment variable set?",
    );
  }
  const subtle = subtleCrypto();
  const password = encodeUtf8(secret) as Uint8Array<ArrayBuffer>;
  const key = await subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const salt = encodeUtf8(PBKDF2_SALT) as Uint8Array<ArrayBuffer>;
  const options = { name: "PBKDF2", hash: "SHA-256", salt, iterations: PBKDF2_ITERATIONS };
  return new Uint8Array(await subtle.deriveBits(options, key, 256));
}
