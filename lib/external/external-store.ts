import { assertOptions, assertWhole } from "../option-checks.js";
import type { Awaitable } from "../platform/awaitable.js";
import { BaseStore } from "../records/base-store.js";
import type { SessionRecord } from "../records/record.js";
import { lifetimeOf, type SerializationOptions } from "../records/session-codec.js";
import type {
  LoadedSession,
  RejectionReason,
  SavedSession,
  SessionScope,
  UpdatedSession,
} from "../records/store.js";
import type { SessionData } from "../session.js";
import {
  compareAndSwap,
  moveRecord,
  type NextRecord,
  type WriteResult,
} from "./compare-and-swap.js";
import {
  GuardedBackend,
  type Backend,
  type BackendCall,
  type Insertion,
  type Replacement,
} from "./guarded-backend.js";
import { generateSessionId, hashSessionId, isSessionId } from "./session-id.js";
import { applyChange, dataAfterChange, rebase, type AppliedChange } from "./three-way-merge.js";

const MAX_TIMEOUT_SECONDS = 3600;

/** The options of all external stores. */
export interface ExternalStoreOptions extends SerializationOptions {
  /** Begins every key in the backend. Default: `"session:"`. */
  prefix?: string;
  /** The longest record that is stored, in bytes of UTF-8. Default: 65 536. */
  maxBytes?: number;
  /** How long a call of the backend may take: whole seconds, 1 to 3600. Default: 2. */
  timeout?: number;
}

/**
 * Keeps an ID in the cookie and the record in a backend. A subclass implements four hooks on that
 * backend; this class handles IDs, expiry, conflicts and timeouts.
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
 *   protected create(key: string, { text, ttl }: Insertion) {
 *     if (this.read(key) !== null) return false;
 *     this.#entries.set(key, { text, expires: Date.now() + ttl * 1000 });
 *     return true;
 *   }
 *   protected update(key: string, { text, ttl, expected }: Replacement) {
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
export abstract class ExternalStore extends BaseStore {
  /** The option `prefix`. */
  protected readonly prefix: string;
  /** The option `timeout`, in seconds. A hook's answer that comes later is ignored. */
  protected readonly timeout: number;
  readonly #backend: GuardedBackend;

  /** @throws {TypeError} for an option that is wrong or unknown. */
  constructor(options: ExternalStoreOptions = {}) {
    assertOptions(new.target.name, options);
    const { prefix = "session:", maxBytes = 65_536, timeout = 2, ...others } = options;
    super(others);
    if (typeof prefix !== "string") throw new TypeError("The option prefix must be a string.");
    assertWhole("maxBytes", maxBytes, "bytes", 1);
    assertWhole("timeout", timeout, "seconds", 1, MAX_TIMEOUT_SECONDS);
    this.prefix = prefix;
    this.timeout = timeout;
    // The hooks are protected: only this package calls them.
    this.#backend = new GuardedBackend(this as unknown as Backend, maxBytes, timeout);
  }

  /**
   * Whether `update` compares. A store that cannot compare overrides this with `false`; of two
   * concurrent changes it loses one.
   */
  protected get compares(): boolean {
    return true;
  }

  /**
   * Hook: the text under the key, or `null` when there is none. A missing key is not an error. An
   * expired record may be returned or not.
   *
   * For all four hooks: `key` is the prefix and 43 characters, and never the ID that the client
   * holds. A hook throws only if the system failed; the app gets the error as the
   * `cause` of `ERR_SESSION_STORE`.
   */
  protected abstract read(key: string, call: BackendCall): Awaitable<string | null>;

  /**
   * Hook: inserts, and never replaces. A store that cannot compare need not check whether the key is
   * taken, because keys are random.
   *
   * @returns `false` when the key is taken.
   */
  protected abstract create(
    key: string,
    insertion: Insertion,
    call: BackendCall,
  ): Awaitable<boolean>;

  /**
   * Hook: replaces the text in one atomic step, but only while the stored text is `expected`. The
   * time to live begins anew.
   *
   * @returns `false` when the record has changed or is gone. A record whose time to live has passed
   * is gone, even if the backend still has it. `update` never creates a record.
   */
  protected abstract update(
    key: string,
    replacement: Replacement,
    call: BackendCall,
  ): Awaitable<boolean>;

  /** Hook: deletes. A missing key is not an error. */
  protected abstract remove(key: string, call: BackendCall): Awaitable<void>;

  /** @internal */
  override async load(
    value: string,
    scope: SessionScope,
  ): Promise<LoadedSession | RejectionReason> {
    if (!isSessionId(value)) return "malformed";
    const key = await this.#keyOf(value, scope);
    const record = await this.#backend.read(key, scope.ctx);
    if (typeof record === "string") return record;
    return this.codec.toSession(record, { value, key, outdated: false }, scope.absoluteTimeout);
  }

  /** @internal */
  override async save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: SessionScope,
  ): Promise<SavedSession | null> {
    if (loaded === null) {
      const value = await generateSessionId();
      await this.#backend.create(await this.#keyOf(value, scope), next, scope.ctx);
      return savedAs(value, { record: next, merged: false });
    }
    const nextRecord: NextRecord = (current) => rebase(this.codec, loaded, next, current);
    const written = await compareAndSwap(this.#backend, this.codec, loaded, nextRecord, scope);
    return written && savedAs(loaded.value, written);
  }

  /** @internal */
  override async regenerate(
    loaded: LoadedSession,
    next: SessionRecord,
    scope: SessionScope,
  ): Promise<SavedSession | null> {
    const value = await generateSessionId();
    const newKey = await this.#keyOf(value, scope);
    const nextRecord: NextRecord = (current) => rebase(this.codec, loaded, next, current);
    const written = await moveRecord(this.#backend, this.codec, loaded, newKey, nextRecord, scope);
    return written && savedAs(value, written);
  }

  /** @internal */
  override destroy(loaded: LoadedSession, scope: SessionScope): Promise<void> {
    return this.#backend.remove(loaded.key, scope.ctx);
  }

  /** @internal */
  override async applyUpdate(
    loaded: LoadedSession,
    currentData: () => SessionData,
    change: (data: SessionData) => void,
    scope: SessionScope,
  ): Promise<UpdatedSession | null> {
    const { codec } = this;
    let applied: AppliedChange | undefined;
    const nextRecord: NextRecord = (current) =>
      (applied = applyChange(codec, loaded, currentData(), change, current)).next;
    const written = await compareAndSwap(this.#backend, codec, loaded, nextRecord, scope);
    if (written === null || applied === undefined) return null;
    const committed = applied;
    const { text, expires } = committed.next;
    return {
      session: { ...loaded, text, expires, lifetime: lifetimeOf(text) },
      dataWith: (pending) => dataAfterChange(codec, loaded, pending, committed),
      merged: written.merged,
    };
  }

  async #keyOf(value: string, { cookieName }: SessionScope): Promise<string> {
    return this.prefix + (await hashSessionId(value, cookieName));
  }
}

function savedAs(value: string, { record, merged }: WriteResult): SavedSession {
  return { value, expires: record.expires, lifetime: lifetimeOf(record.text), merged };
}
