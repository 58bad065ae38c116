import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { BaseStore } from "../records/base-store.js";
import type { SessionRecord } from "../records/record.js";
import { lifetimeOf } from "../records/session-codec.js";
import type {
  LoadedSession,
  RejectionReason,
  SavedSession,
  SessionNames,
  SessionScope,
  UpdatedSession,
} from "../records/store.js";
import type { SessionData } from "../session.js";
import {
  GuardedBackend,
  type Backend,
  type BackendCall,
  type Insertion,
  type Replacement,
} from "./guarded-backend.js";
import { resolveExternalOptions, type ExternalStoreOptions } from "./options.js";
import { RecordWriter, type NextRecord } from "./record-writer.js";
import { generateSessionId, HASH_OF_NO_SESSION, hashSessionId, isSessionId } from "./session-id.js";
import { applyChange, dataAfterChange, rebase, type AppliedChange } from "./three-way-merge.js";
import { hasJustMoved, isTombstone } from "./tombstone.js";
import { WriterQueue } from "./writer-queue.js";

/**
 * Keeps an ID in the cookie and the record in a backend. A subclass implements four hooks on that
 * backend; this class handles IDs, expiry, conflicts and timeouts.
 *
 * The record is text that a person can read: `1.<created>.<expires>.<data>`, times in seconds
 * since 1970. Its key is the prefix and the SHA-256 of `<cookie name>=<ID>` in base64url: 43
 * characters of `A–Z a–z 0–9 - _`. When a session moves to a new ID or ends, its record becomes a
 * tombstone for a minute: `1.<when>.0.<SHA-256 of the new ID, as in its key; or nothing>`.
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
export abstract class ExternalStore<Data extends object = SessionData> extends BaseStore<Data> {
  /** The option `prefix`. */
  protected readonly prefix: string;
  /** The option `timeout`, in seconds. A hook's answer that comes later is ignored. */
  protected readonly timeout: number;
  readonly #backend: GuardedBackend;
  readonly #writer: RecordWriter;

  /** @throws {TypeError} for an option that is wrong or unknown. */
  constructor(options: ExternalStoreOptions<Data> = {}) {
    const { prefix, maxBytes, timeout, others } = resolveExternalOptions(new.target.name, options);
    super(others);
    this.prefix = prefix;
    this.timeout = timeout;
    // The hooks are protected: only this package calls them.
    this.#backend = new GuardedBackend(this as unknown as Backend, maxBytes, timeout);
    // With the hook release(), each request has a connection of its own, and waits for no other.
    const queue = new WriterQueue(timeout, () => this.compares && !this.release);
    this.#writer = new RecordWriter(this.#backend, this.codec, queue, prefix, timeout);
  }

  /**
   * For readiness probes: resolves when the backend has answered a read. A hook, or `getClient`, that
   * uses the request's context needs it here, too.
   * @throws {SessionError} `ERR_SESSION_STORE` when the backend fails, or does not answer in time.
   */
  async ping({ ctx }: { ctx?: RequestContext<any> } = {}): Promise<void> {
    if (!ctx && this.needsContext) throw new TypeError("Pass the context: store.ping({ ctx }).");
    try {
      await this.#backend.read(this.prefix + HASH_OF_NO_SESSION, ctx!);
    } finally {
      await this.release?.(ctx!);
    }
  }

  /** @internal Whether a call needs the context of a request. */
  protected get needsContext(): boolean {
    return this.release !== undefined;
  }

  /**
   * Whether `update` compares and writes in one step. A store that needs two overrides this with
   * `false`; of two concurrent changes it may lose one.
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
   * time to live begins anew. A store whose `compares` is `false` reads, compares and writes.
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
  ): Promise<LoadedSession | RejectionReason | "moved"> {
    if (!isSessionId(value)) return "malformed";
    const names = await this.#namesOf(value, scope);
    const record = await this.#backend.read(names.key, scope.ctx);
    if (typeof record === "string") return record;
    if (isTombstone(record)) return hasJustMoved(record) ? "moved" : "unknown";
    return this.codec.toSession(record, names, scope.absoluteTimeout);
  }

  /** @internal */
  override async save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: SessionScope,
  ): Promise<SavedSession | null> {
    if (loaded === null) {
      const value = generateSessionId();
      const { key } = await this.#namesOf(value, scope);
      await this.#backend.create(key, next, scope.ctx);
      return { value, expires: next.expires, lifetime: lifetimeOf(next.text), merged: false };
    }
    const rebased: NextRecord = (current) => rebase(this.codec, loaded, next, current, scope);
    const written = await this.#writer.change(loaded, rebased, scope);
    if (written === null) return null;
    const { text, expires } = written.record;
    return { value: loaded.value, expires, lifetime: lifetimeOf(text), merged: written.merged };
  }

  /** @internal */
  override async regenerate(
    loaded: LoadedSession,
    hasPending: () => boolean,
    scope: SessionScope,
  ): Promise<LoadedSession | "moved" | "ended"> {
    const value = generateSessionId();
    const names = await this.#namesOf(value, scope);
    const moved = await this.#writer.move(loaded, names.key, hasPending, scope);
    if (typeof moved === "string") return moved;
    const session = this.codec.toSession(moved, names, scope.absoluteTimeout);
    return typeof session === "string" ? "ended" : session;
  }

  /** @internal */
  override async destroy(
    value: string,
    loaded: LoadedSession | null,
    scope: SessionScope,
  ): Promise<boolean> {
    if (!isSessionId(value)) return false;
    const { key } = loaded ?? (await this.#namesOf(value, scope));
    return this.#writer.end(key, loaded, scope);
  }

  /** @internal */
  override async applyUpdate(
    loaded: LoadedSession,
    currentData: () => SessionData,
    change: (data: SessionData) => void,
    scope: SessionScope,
  ): Promise<UpdatedSession | null> {
    let applied: AppliedChange | undefined;
    const changed: NextRecord = (current) =>
      (applied = applyChange(this.codec, loaded, currentData(), change, current, scope)).next;
    const written = await this.#writer.change(loaded, changed, scope);
    if (written === null || applied === undefined) return null;
    const committed = applied;
    const { text, expires } = committed.next;
    return {
      session: { ...loaded, text, expires, lifetime: lifetimeOf(text) },
      dataWith: (pending) => dataAfterChange(this.codec, loaded, pending, committed),
      merged: written.merged,
    };
  }

  async #namesOf(value: string, { cookieName }: SessionScope): Promise<SessionNames> {
    const id = await hashSessionId(value, cookieName);
    return { value, id, key: this.prefix + id, outdated: false };
  }
}
