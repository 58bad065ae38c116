import { assertKnownOptions } from "../option-checks.js";
import type { Found, SerializationOptions } from "../base-store.js";
import { cookieBytes, MAX_COOKIE_BYTES } from "../cookie-size.js";
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from "../platform/bytes.js";
import { decodeRecord, encodeRecord, type SessionRecord } from "../record.js";
import type { FreshReason, LoadedSession, StoreScope } from "../store.js";
import { CookieStore } from "./cookie-store.js";
import { isSealed } from "./frame.js";

/** JSON reads numbers as large as this as Infinity, and writes 1e20 in 21 digits. */
const PERHAPS_LARGE = /\d[eE]|\d{300}/;

/**
 * Keeps the session in a cookie that the client can read **and write**: for data that
 * need no protection, with a `parse` that validates. The timeouts, too, are only as
 * good as the client's word.
 *
 * Format of the value: base64url of the record's text, `1.<created>.<expires>.<data>`, in UTF-8.
 *
 * @example
 * ```ts
 * const store = new UnsignedCookieStore({ parse: (text) => preferences.parse(JSON.parse(text)) });
 * ```
 */
export class UnsignedCookieStore extends CookieStore {
  readonly #hasOwnParse: boolean;

  constructor(options: SerializationOptions = {}) {
    super(options);
    this.#hasOwnParse = options.parse !== undefined;
    assertKnownOptions("UnsignedCookieStore", options, ["stringify", "parse"]);
  }

  protected seal(record: SessionRecord): string {
    return encodeBase64url(encodeUtf8(encodeRecord(record)));
  }

  protected unseal(value: string): SessionRecord | FreshReason {
    const bytes = decodeBase64url(value);
    if (bytes === null) return "malformed";
    if (isSealed(bytes)) return "other-store";
    const encoded = decodeUtf8(bytes);
    // Of bytes that are no UTF-8, each becomes three.
    if (encoded.includes("\uFFFD") && encodeBase64url(encodeUtf8(encoded)) !== value)
      return "malformed";
    return decodeRecord(encoded) ?? "malformed";
  }

  /**
   * Refuses what could not be written again, so that every request would fail at its end: 1e999,
   * say, or what the user's parse lets in.
   */
  protected override admit(
    record: SessionRecord,
    found: Found,
    scope: StoreScope,
  ): LoadedSession | FreshReason {
    const session = super.admit(record, found, scope);
    if (typeof session === "string") return session;
    if (!this.#hasOwnParse && !PERHAPS_LARGE.test(record.text)) return session;
    return this.#fits(session, scope) ? session : "invalid";
  }

  #fits(session: LoadedSession, { cookieName }: StoreScope): boolean {
    try {
      const text = this.serialize(session.data, session.lifetime);
      return cookieBytes(cookieName, this.seal({ ...session, text })) <= MAX_COOKIE_BYTES;
    } catch {
      return false;
    }
  }
}
