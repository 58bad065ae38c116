import { BaseStore } from "../base-store.js";
import { andThen, type Awaitable } from "../platform/awaitable.js";
import type { SessionRecord } from "../record.js";
import type {
  FreshReason,
  LoadedSession,
  SavedSession,
  SessionStore,
  StoreScope,
} from "../store.js";

/** What `unseal` found in a value. */
export interface Unsealed extends SessionRecord {
  /** `true` asks for the value to be issued anew, because an old key sealed it. */
  readonly outdated?: boolean;
}

/**
 * Keeps the session in the cookie itself. Subclasses say how a record is sealed.
 *
 * Nothing on the server remembers these sessions: `destroy()` and `regenerate()` replace the
 * browser's copy, but a copy that somebody took stays good until it expires. Of two concurrent
 * requests, the later response wins.
 *
 * @example
 * ```ts
 * // Seals by way of a key service, which vouches for every bit.
 * class VaultStore extends CookieStore {
 *   protected async seal({ text, created, expires }: SessionRecord, { cookieName }: StoreScope) {
 *     return vault.encrypt(JSON.stringify([cookieName, created, expires, text])); // base64url
 *   }
 *   protected async unseal(value: string, { cookieName }: StoreScope) {
 *     const plain = await vault.decrypt(value); // null for what it has not made
 *     if (plain === null) return "tampered";
 *     const [name, created, expires, text] = JSON.parse(plain);
 *     return name === cookieName ? { text, created, expires } : "tampered";
 *   }
 * }
 * ```
 */
export abstract class CookieStore extends BaseStore implements SessionStore {
  /**
   * Hook: turns a record into a value for the cookie.
   *
   * @param record - The data as text, and the times in seconds since 1970.
   * @param scope - The request, and the name of the cookie, to which the value should be bound.
   * @returns Characters that a cookie can hold as they are (RFC 6265, 4.1.1), without `%`.
   */
  protected abstract seal(record: SessionRecord, scope: StoreScope): Awaitable<string>;

  /**
   * Hook: the reverse of `seal`. Its result is trusted, so it must vouch for every bit; the
   * timeouts are checked by the caller.
   *
   * @param value - Anything that a client may send. Never throw for it:
   * answer with the reason instead.
   */
  protected abstract unseal(value: string, scope: StoreScope): Awaitable<Unsealed | FreshReason>;

  /** Called by `session()`; do not override. */
  load(value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason> {
    return andThen(this.unseal(value, scope), (opened) =>
      typeof opened === "string"
        ? opened
        : this.admit(opened, { value, outdated: opened.outdated === true }, scope),
    );
  }

  /** Called by `session()`; do not override. */
  save(
    _loaded: LoadedSession | null,
    next: SessionRecord,
    scope: StoreScope,
  ): Awaitable<SavedSession> {
    const { expires, text } = next;
    return andThen(this.seal(next, scope), (value) => ({
      value,
      expires,
      lifetime: this.lifetimeOf(text),
      merged: false,
    }));
  }

  /** Called by `session()`; do not override. */
  regenerate(
    loaded: LoadedSession,
    next: SessionRecord,
    scope: StoreScope,
  ): Awaitable<SavedSession> {
    return this.save(loaded, next, scope);
  }

  /** Called by `session()`; do not override. There is nothing on the server to remove. */
  destroy(): void {}
}
