import { BaseStore } from "../base-store.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertWhole } from "../option-checks.js";
import { andThen, type Awaitable } from "../platform/awaitable.js";
import type { SessionData, SessionRecord } from "../record.js";
import type {
  FreshReason,
  LoadedSession,
  SavedSession,
  SessionStore,
  StoreScope,
  UpdatedSession,
} from "../store.js";
import type { ExternalStoreOptions } from "./external-store-options.js";
import { RecordTransitions, type Proposal, type Transition } from "./record-transitions.js";
import { Records } from "./records.js";
import { generateSessionId, hashSessionId, isSessionId } from "./session-id.js";
import { SessionMerger, type AppliedChange } from "./session-merger.js";

/** Seconds: no request waits longer. */
const MAX_TIMEOUT = 3600;

/**
 * Keeps an ID in the cookie and the record elsewhere. Subclasses say how four things are done to a
 * backend; IDs, expiry, conflicts and timeouts are dealt with here.
 *
 * The record is text that a person can read: `1.<created>.<expires>.<data>`, times in seconds
 * since 1970. Its key is the prefix and the SHA-256 of `<cookie name>=<ID>` in base64url: 43
 * characters of `A–Z a–z 0–9 - _`.
 *
 * @example
 * ```ts
 * class MapStore extends ExternalStore {
 *   readonly #entries = new Map<string, { text: string; expires: number }>();
 *   protected read(key: string) {
 *     const entry = this.#entries.get(key);
 *     return entry && Date.now() < entry.expires ? entry.text : null;
 *   }
 *   protected create(key: string, text: string, ttl: number) {
 *     if (this.read(key) !== null) return false;
 *     this.#entries.set(key, { text, expires: Date.now() + ttl * 1000 });
 *     return true;
 *   }
 *   protected update(key: string, text: string, ttl: number, expected: string) {
 *     if (this.read(key) !== expected) return false;
 *     this.#entries.set(key, { text, expires: Date.now() + ttl * 1000 });
 *     return true;
 *   }
 *   protected remove(key: string) {
 *     this.#entries.delete(key);
 *   }
 * }
 * ```
 */
export abstract class ExternalStore extends BaseStore implements SessionStore {
  /** Seconds that a call of the backend may take. What a hook does after that, nobody waits for. */
  protected readonly timeout: number;
  readonly #prefix: string;
  readonly #records: Records;
  readonly #merger: SessionMerger;
  readonly #transitions: RecordTransitions;

  constructor(options: ExternalStoreOptions = {}) {
    super(options);
    const { prefix = "session:", maxBytes = 65_536, timeout = 2 } = options;
    if (typeof prefix !== "string") throw new TypeError("The option prefix must be a string.");
    assertWhole("maxBytes", maxBytes, "bytes", 1);
    assertWhole("timeout", timeout, "seconds", 1, MAX_TIMEOUT);
    this.timeout = timeout;
    this.#prefix = prefix;
    this.#records = new Records(
      {
        read: (key, ctx) => this.read(key, ctx),
        create: (key, text, ttl, ctx) => this.create(key, text, ttl, ctx),
        update: (key, text, ttl, expected, ctx) => this.update(key, text, ttl, expected, ctx),
        remove: (key, ctx) => this.remove(key, ctx),
      },
      maxBytes,
      timeout,
    );
    this.#merger = new SessionMerger(
      (data, lifetime) => this.serialize(data, lifetime),
      (text) => this.deserialize(text),
    );
    this.#transitions = new RecordTransitions(
      this.#records,
      (key, scope) => this.#find(key, "", scope),
      () => this.compares,
    );
  }

  /**
   * Whether `update` compares. A store that cannot answers `false`, and loses one
   * of two concurrent changes.
   */
  protected get compares(): boolean {
    return true;
  }

  /**
   * Hook: the text under the key, or `null` when there is none. A missing key is not an error. A
   * record that has expired may be returned or not.
   *
   * For all four hooks: `key` is opaque, at most the prefix and 43 characters, and never what
   * the client holds. A throw means that the system failed; it reaches the application as the
   * `cause` of `ERR_SESSION_STORE`.
   */
  protected abstract read(key: string, ctx: RequestContext<any>): Awaitable<string | null>;

  /**
   * Hook: inserts, and never replaces. A store that cannot compare need
   * not look: the key is random.
   *
   * @param ttl - Whole seconds, at least 1, after which the backend may forget the record.
   * @returns `false` when the key is taken.
   */
  protected abstract create(
    key: string,
    text: string,
    ttl: number,
    ctx: RequestContext<any>,
  ): Awaitable<boolean>;

  /**
   * Hook: replaces, in one atomic step, and only while the stored text is still `expected`.
   *
   * @param ttl - Whole seconds, at least 1, from now.
   * @returns `false` when the record has changed or is gone; one whose time to live has passed is
   * gone, even if the backend still has it. It is never created again.
   */
  protected abstract update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Awaitable<boolean>;

  /** Hook: deletes. A missing key is a no-op. */
  protected abstract remove(key: string, ctx: RequestContext<any>): Awaitable<void>;

  /** Called by `session()`; do not override. */
  load(value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason> {
    if (!isSessionId(value)) return "malformed";
    return andThen(this.#keyOf(value, scope), (key) => this.#find(key, value, scope));
  }

  /** Called by `session()`; do not override. */
  save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: StoreScope,
  ): Awaitable<SavedSession | null> {
    if (loaded === null) return this.#insert(next, scope);
    const { value, key } = loaded;
    return andThen(
      this.#transitions.replace(key, loaded, this.#rebase(loaded, next), scope),
      (written) => written && this.#saved(value, written),
    );
  }

  /** Called by `session()`; do not override. */
  async regenerate(
    loaded: LoadedSession,
    next: SessionRecord,
    scope: StoreScope,
  ): Promise<SavedSession | null> {
    const value = await generateSessionId();
    const newKey = await this.#keyOf(value, scope);
    const propose = this.#rebase(loaded, next);
    const written = await this.#transitions.move(loaded.key, newKey, loaded, propose, scope);
    return written && this.#saved(value, written);
  }

  /** Called by `session()`; do not override. */
  destroy(loaded: LoadedSession, scope: StoreScope): Awaitable<void> {
    return this.#records.remove(loaded.key, scope.ctx);
  }

  /** Called by `session()`; do not override. */
  async apply(
    loaded: LoadedSession,
    pending: () => SessionData,
    change: (data: SessionData) => void,
    scope: StoreScope,
  ): Promise<UpdatedSession | null> {
    let applied: AppliedChange | undefined;
    const propose = (current: SessionRecord): SessionRecord =>
      (applied = this.#merger.apply(loaded, pending(), change, current)).next;
    const written = await this.#transitions.replace(loaded.key, loaded, propose, scope);
    if (written === null || applied === undefined) return null;
    const { next, lifetime } = applied;
    const session = { ...loaded, text: next.text, expires: next.expires, lifetime };
    const dataWith = (unsaved: SessionData): SessionData =>
      this.#merger.rebasePending(loaded, unsaved, applied!);
    return { session, dataWith, merged: written.merged };
  }

  #rebase(loaded: SessionRecord, next: SessionRecord): Proposal {
    return (current) => this.#merger.rebase(loaded, next, current);
  }

  #insert(next: SessionRecord, scope: StoreScope): Awaitable<SavedSession> {
    return andThen(generateSessionId(), (value) =>
      andThen(this.#keyOf(value, scope), (key) =>
        andThen(this.#records.create(key, next, scope.ctx), () =>
          this.#saved(value, { record: next, merged: false }),
        ),
      ),
    );
  }

  #find(key: string, value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason> {
    return andThen(this.#records.read(key, scope.ctx), (record) =>
      typeof record === "string" ? record : this.admit(record, { value, key }, scope),
    );
  }

  #saved(value: string, { record, merged }: Transition): SavedSession {
    return { value, expires: record.expires, lifetime: this.lifetimeOf(record.text), merged };
  }

  #keyOf(value: string, { cookieName }: StoreScope): Awaitable<string> {
    return andThen(hashSessionId(value, cookieName), (hash) => this.#prefix + hash);
  }
}
