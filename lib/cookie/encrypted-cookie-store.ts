import { andThen, type Awaitable } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import { cipherKey, randomBytes } from "../platform/crypto.js";
import { TAG_BYTES, type CipherKey } from "../platform/engine.js";
import { isAlive } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import type { RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import { ENCRYPTED_V1, HEADER_BYTES, writeHeader, type Header, type Kind } from "./frame.js";
import { KeyedCookieStore } from "./keyed-cookie-store.js";
import type { RingKey } from "./keys/ring-key.js";

const NONCE_BYTES = 12;
const TEXT_AT: number = HEADER_BYTES + NONCE_BYTES;
const PERIOD_SECONDS = 3600;

/**
 * Keeps the session in a cookie that the client can neither read nor change.
 *
 * @example
 * ```ts
 * // node -p "crypto.randomBytes(32).toString('base64url')" makes a key.
 * app.use(session({ store: new EncryptedCookieStore([process.env.SESSION_KEY!]) }));
 * ```
 *
 * @remarks
 * The value is base64url of
 *
 * | bytes | content |
 * | --- | --- |
 * | 0 | 0x11: encrypted, version 1 |
 * | 1–4 | key ID |
 * | 5–8 | created, seconds since 1970, big-endian |
 * | 9–12 | expires, likewise |
 * | 13–24 | random nonce |
 * | 25… | AES-256-GCM of the data in UTF-8; the tag also covers the bytes before the nonce |
 * | the last 16 | its tag |
 *
 * The AES key is HKDF-Expand of one of the store's keys. Its `info` is PAE("@hattip/session",
 * "encrypted", "1", cookie name, period), where the period is floor(expires / 3600) in decimal. So each
 * AES key seals only cookies that expire within one hour, of which there may be 2^32: the limit that
 * NIST sets for random nonces under one key (SP 800-38D, 8.3).
 */
export class EncryptedCookieStore<Data extends object = SessionData> extends KeyedCookieStore<
  CipherKey,
  Data
> {
  /** @internal */
  protected readonly minBytes: number = TEXT_AT + TAG_BYTES;

  /** @internal Not a field: the constructor of the base class needs it. */
  protected get kind(): Kind {
    return ENCRYPTED_V1;
  }

  /** @internal */
  protected makeSubkey(secret: Uint8Array): Awaitable<CipherKey> {
    return cipherKey(secret);
  }

  /** @internal */
  protected sealFrame(
    record: SessionRecord,
    key: RingKey<CipherKey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array> {
    const text = encodeUtf8(record.text);
    const frame = new Uint8Array(TEXT_AT + text.length + TAG_BYTES);
    writeHeader(frame, ENCRYPTED_V1, key.id, record);
    const nonce = randomBytes(NONCE_BYTES);
    frame.set(nonce, HEADER_BYTES);
    return andThen(key.subkey(scope.cookieName, periodOf(record)), ({ encrypt }) =>
      andThen(encrypt(nonce, text, frame.subarray(0, HEADER_BYTES)), (sealed) => {
        frame.set(sealed, TEXT_AT);
        return frame;
      }),
    );
  }

  /** @internal */
  protected openFrame(
    frame: Uint8Array,
    header: Header,
    key: RingKey<CipherKey>,
    scope: SessionScope,
  ): Awaitable<Uint8Array | RejectionReason> {
    // Checked before a key is derived: a client must not cause work with made-up periods.
    if (!isAlive(header, scope.absoluteTimeout)) return "expired";
    const aad = frame.subarray(0, HEADER_BYTES);
    const nonce = frame.subarray(HEADER_BYTES, TEXT_AT);
    return andThen(key.subkey(scope.cookieName, periodOf(header)), ({ decrypt }) =>
      andThen(decrypt(nonce, frame.subarray(TEXT_AT), aad), (text) => text ?? "tampered"),
    );
  }
}

function periodOf({ expires }: Pick<SessionRecord, "expires">): number {
  return Math.floor(expires / PERIOD_SECONDS);
}
