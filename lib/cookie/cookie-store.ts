import { andThen, type Awaitable } from "../platform/awaitable.js";
import { BaseStore } from "../records/base-store.js";
import { currentSecond, expiryFor } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import { lifetimeOf, type SerializationOptions } from "../records/session-codec.js";
import type {
  LoadedSession,
  RejectionReason,
  SavedSession,
  SessionScope,
} from "../records/store.js";
import type { SessionData } from "../session.js";

/** The record that `unseal` found in a value. */
export interface Unsealed extends SessionRecord {
  /** Whether an old key sealed the value. The response then carries a new value, by the first key. */
  readonly outdated?: boolean;
}

/**
 * The base class of stores that keep the session in the cookie itself. A subclass says how a record
 * is sealed.
 *
 * The server keeps nothing of these sessions: `destroy()` and `regenerate()` replace the browser's
 * copy, but a stolen copy stays valid, and is renewed by its use, until `absoluteTimeout`. If two
 * requests change a session at the same time, the later response wins.
 *
 * @example
 * ```ts
 * // Seals with a key service, which authenticates every bit.
 * class VaultStore extends CookieStore {
 *   protected async seal({ text, created, expires }: SessionRecord, { cookieName }: SessionScope) {
 *     return vault.encrypt(JSON.stringify([cookieName, created, expires, text])); // base64url
 *   }
 *   protected async unseal(value: string, { cookieName }: SessionScope) {
 *     const plain = await vault.decrypt(value); // null for values that it did not encrypt
 *     if (plain === null) return "tampered";
 *     const [name, created, expires, text] = JSON.parse(plain);
 *     return name === cookieName ? { text, created, expires } : "tampered";
 *   }
 * }
 * ```
 */
export abstract class CookieStore<Data extends object = SessionData> extends BaseStore<Data> {
  /** @throws {TypeError} for an option that is wrong or unknown. */
  constructor(options: SerializationOptions<Data> = {}) {
    if (Object.hasOwn(Object(options), "owner")) {
      throw new TypeError(
        `${new.target.name} has no option owner: browsers keep the sessions, so the server cannot list or end them. Keep a generation number with each user (docs/log-in.md), or use an external store.`,
      );
    }
    super(options);
  }

  /**
   * Hook: turns a record into a value for the cookie.
   *
   * @param record - The data as text, and the times in seconds since 1970.
   * @param scope - The request, and the name of the cookie, to which the value must be bound.
   * @returns Characters that a cookie can hold unencoded (RFC 6265, 4.1.1), without `%`.
   */
  protected abstract seal(record: SessionRecord, scope: SessionScope): Awaitable<string>;

  /**
   * Hook: the reverse of `seal`. The base class trusts the result, so `unseal` must authenticate
   * every bit of it. The base class checks the timeouts.
   *
   * @param value - Anything that a client may send. Do not throw for a bad value: return the reason.
   */
  protected abstract unseal(
    value: string,
    scope: SessionScope,
  ): Awaitable<Unsealed | RejectionReason>;

  /** @internal Synchronous if `unseal` is. */
  override load(value: string, scope: SessionScope): Awaitable<LoadedSession | RejectionReason> {
    return andThen(this.unseal(value, scope), (opened) =>
      typeof opened === "string" ? opened : this.unsealedToSession(value, opened, scope),
    );
  }

  /** @internal */
  protected unsealedToSession(
    value: string,
    record: Unsealed,
    { absoluteTimeout }: SessionScope,
  ): LoadedSession | RejectionReason {
    const outdated = record.outdated === true;
    return this.codec.toSession(
      record,
      { value, id: undefined, key: "", outdated },
      absoluteTimeout,
    );
  }

  /** @internal Synchronous if `seal` is. */
  override save(
    _loaded: LoadedSession | null,
    next: SessionRecord,
    scope: SessionScope,
  ): Awaitable<SavedSession> {
    const { text, expires } = next;
    const lifetime = lifetimeOf(text);
    return andThen(this.seal(next, scope), (value) => ({
      value,
      expires,
      lifetime,
      merged: false,
    }));
  }

  /** @internal Only the client can have another copy: there is no conflict. */
  override async regenerate(
    loaded: LoadedSession,
    _hasPending: () => boolean,
    scope: SessionScope,
  ): Promise<LoadedSession> {
    const { text, lifetime } = loaded;
    const created = currentSecond();
    const record = { text, created, expires: expiryFor(created, lifetime, scope) };
    return { ...loaded, ...record, value: await this.seal(record, scope), outdated: false };
  }

  /** @internal There is nothing on the server to end. */
  override async destroy(): Promise<boolean> {
    return true;
  }
}
