import { MAX_COOKIE_BYTES } from "../browser-limits.js";
import { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8 } from "../platform/bytes.js";
import { decodeRecord, encodeRecord, type SessionRecord } from "../records/record.js";
import type { LoadedSession, RejectionReason, SessionScope } from "../records/store.js";
import type { SessionData } from "../session.js";
import { CookieStore } from "./cookie-store.js";
import { isSealed } from "./frame.js";

/** JSON.parse may read such a number as Infinity; JSON.stringify may write it longer (1e20). */
const POSSIBLY_LARGE_NUMBER = /\d[eE]|\d{300}/;

/**
 * Keeps the session in a cookie that the client can read **and write**: for preferences that need no
 * protection, with a `parse` that validates them. The client can change the timeouts, too.
 *
 * @example
 * ```ts
 * const store = new UnsignedCookieStore({ parse: (text) => preferences.parse(JSON.parse(text)) });
 * ```
 *
 * @remarks
 * The value is base64url of the record's text, `1.<created>.<expires>.<data>`, in UTF-8.
 */
export class UnsignedCookieStore<Data extends object = SessionData> extends CookieStore<Data> {
  protected override seal(record: SessionRecord): string {
    return encodeBase64url(encodeUtf8(encodeRecord(record)));
  }

  protected override unseal(value: string): SessionRecord | RejectionReason {
    const bytes = decodeBase64url(value);
    if (bytes === null) return "malformed";
    if (isSealed(bytes)) return "other-store";
    const encoded = decodeUtf8(bytes);
    // Bytes that are not UTF-8 became U+FFFD, which takes three bytes when it is written again.
    if (encoded.includes("\uFFFD") && encodeBase64url(encodeUtf8(encoded)) !== value)
      return "malformed";
    return decodeRecord(encoded) ?? "malformed";
  }

  /**
   * @internal Rejects data that cannot be written again (1e999, for example, or data that the user's
   * parse lets pass): otherwise every request of this client would fail at its end.
   */
  protected override unsealedToSession(
    value: string,
    record: SessionRecord,
    scope: SessionScope,
  ): LoadedSession | RejectionReason {
    const session = super.unsealedToSession(value, record, scope);
    return typeof session === "string" || this.#canSave(session, scope) ? session : "invalid";
  }

  #canSave(session: LoadedSession, { cookieName }: SessionScope): boolean {
    if (this.codec.isJson && !POSSIBLY_LARGE_NUMBER.test(session.text)) return true;
    try {
      const text = this.codec.serialize(session.data, session.lifetime);
      const value = this.seal({ ...session, text });
      return cookieName.length + value.length <= MAX_COOKIE_BYTES;
    } catch {
      return false;
    }
  }
}
