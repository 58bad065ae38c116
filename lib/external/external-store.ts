import type { SessionRecord } from "../records/record.js";
import { lifetimeOf } from "../records/session-codec.js";
import type {
  Found,
  LoadedSession,
  NextBinding,
  SavedSession,
  SessionNames,
  SessionScope,
  UpdatedSession,
} from "../records/store.js";
import type { Session, SessionData } from "../session.js";
import { forApp, type AppCall } from "./app-call.js";
import { BackendHooks, type Backend } from "./backend-hooks.js";
import { GuardedBackend } from "./guarded-backend.js";
import { resolveExternalOptions, type ExternalStoreOptions } from "./options.js";
import { OwnedSessions, type OwnedSession } from "./owned-sessions.js";
import { assertOwner, OwnerIndex } from "./owner-index.js";
import { RecordWriter, type NextRecord } from "./record-writer.js";
import { SessionEnder, type IsMeant } from "./session-ender.js";
import {
  generateSessionId,
  HASH_OF_NO_SESSION,
  hashSessionId,
  isHash,
  isSessionId,
} from "./session-id.js";
import { applyChange, rebase, updated, type AppliedChange } from "./three-way-merge.js";
import { hasJustMoved, isTombstone, successorIn } from "./tombstone.js";
import { WriterQueue } from "./writer-queue.js";

/**
 * The base class of stores that keep an ID in the cookie, and the record in a backend. A subclass
 * implements four hooks on that backend. This class handles IDs, expiry, conflicts and timeouts.
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
 *
 * @remarks
 * A record in the backend is text that a person can read: `1.<created>.<expires>.<data>`,
 * with times in seconds since 1970. Its key is the prefix and the SHA-256 of `<cookie name>=<ID>` in
 * base64url: 43 characters of `A–Z a–z 0–9 - _`. When a session moves to a new ID or ends, its record
 * becomes a tombstone for a minute: `1.<when>.0.<SHA-256 of the new ID, as in its key; or nothing>`.
 * Until then, the new record of a session with an owner begins with `draft `. With `DeviceBinding`,
 * `device=`, a secret and a public key come next. The key of an owner is the prefix, `owner:` and the
 * SHA-256 of `owner=<owner>` in base64url.
 */
export abstract class ExternalStore<Data extends object = SessionData> extends BackendHooks<Data> {
  readonly #backend: GuardedBackend;
  readonly #writer: RecordWriter;
  readonly #ender: SessionEnder;
  readonly #owners: OwnerIndex | undefined;

  /** @throws {TypeError} for an option that is wrong or unknown. */
  constructor(options: ExternalStoreOptions<Data> = {}) {
    const resolved = resolveExternalOptions(new.target.name, options);
    const { prefix, maxBytes, timeout, owner, others } = resolved;
    super(others, prefix, timeout);
    // The hooks are protected: only this package calls them.
    const backend = new GuardedBackend(this as unknown as Backend, maxBytes, timeout);
    // With the hook release(), each request has a connection of its own, and waits for no other.
    const queue = new WriterQueue(timeout, () => this.compares && !this.release);
    const owners = owner && new OwnerIndex(backend, this.codec, owner, prefix);
    if (owners) backend.assertHasIndex(new.target.name);
    this.#backend = backend;
    this.#owners = owners;
    this.#writer = new RecordWriter(backend, this.codec, queue, owners, prefix, timeout);
    this.#ender = new SessionEnder(backend, queue, owners, prefix, timeout);
  }

  /**
   * For readiness probes: resolves when the backend has answered a read.
   *
   * @param options - The `ctx` of the request, for a store whose hooks, or `getClient`, use it.
   * @throws {SessionError} `ERR_SESSION_STORE` if the backend fails, or does not answer in time.
   */
  async ping({ ctx }: AppCall = {}): Promise<void> {
    const key = this.prefix + HASH_OF_NO_SESSION;
    await forApp(this, ctx, "ping({ ctx })", () => this.#backend.read(key, ctx!));
  }

  /**
   * Lists the sessions of an owner, newest first. Needs the option `owner`.
   *
   * A session that begins or ends during the call may be in the list or not. One that moves during the
   * call may be in it under both its IDs.
   *
   * @param options - As for `ping()`.
   * @throws {TypeError} for an owner that is not a string of 1 to 1024 bytes.
   * @throws {SessionError} `ERR_SESSION_STORE` if the backend fails.
   */
  async sessionsOf(owner: string, { ctx }: AppCall = {}): Promise<OwnedSession<Data>[]> {
    const owned = this.#ownedBy(owner, "sessionsOf");
    const list = await forApp(this, ctx, "sessionsOf(owner, { ctx })", () => owned.list(ctx!));
    return list as OwnedSession<Data>[];
  }

  /**
   * Ends one session of an owner, even if another request moves it meanwhile. Needs the option `owner`.
   *
   * @param id - The `id` of the session. It may come from a form: a session of another owner stays.
   * @param options - The owner, and `ctx` as for `ping()`.
   * @returns whether this owner had such a session.
   * @throws the same errors as `sessionsOf()`, and `ERR_SESSION_CONFLICT` if other requests have changed
   * the session at each attempt.
   */
  async endSession(id: string, { owner, ctx }: AppCall & { owner: string }): Promise<boolean> {
    const owned = this.#ownedBy(owner, "endSession");
    return forApp(this, ctx, "endSession(id, { owner, ctx })", () => owned.end(id, ctx!));
  }

  /**
   * Ends all sessions of an owner. Needs the option `owner`.
   *
   * When the promise resolves, no session that was the owner's at the call gives access to that owner's
   * data. No request that is still running can bring one back, or carry it on under a new ID. A store
   * that cannot compare, or whose backend loses what it has acknowledged, cannot promise that.
   *
   * @example
   * ```ts
   * await ctx.session.regenerate(); // Nobody else knows the new ID.
   * await store.endSessionsOf(userId, { except: ctx.session });
   * ```
   *
   * @param options - `except` is a session that stays under its present ID; if another request moves
   * it, it ends. `ctx` as for `ping()`.
   * @returns how many sessions this call has ended.
   * @throws the same errors as `sessionsOf()`, and `ERR_SESSION_CONFLICT` if log-ins came faster than
   * sessions could be ended, so that some may be left.
   */
  async endSessionsOf(
    owner: string,
    { except, ctx }: AppCall & { except?: Pick<Session, "id"> | undefined } = {},
  ): Promise<number> {
    const owned = this.#ownedBy(owner, "endSessionsOf");
    return forApp(this, ctx, "endSessionsOf(owner, { ctx })", () => owned.endAll(except, ctx!));
  }

  /** @internal */
  override async load(value: string, scope: SessionScope): Promise<Found> {
    if (!isSessionId(value)) return "malformed";
    const names = this.#namesOf(value, await hashSessionId(value, scope.cookieName));
    const record = await this.#backend.read(names.key, scope.ctx);
    return this.#foundIn(record, names, hasJustMoved, scope);
  }

  /** @internal */
  override async loadById(id: string, scope: SessionScope): Promise<Found> {
    if (!isHash(id)) return "malformed";
    const names = this.#namesOf("", id);
    const record = await this.#backend.read(names.key, scope.ctx);
    return this.#foundIn(record, names, (old) => successorIn(old) !== null, scope);
  }

  /** @internal */
  override async save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: SessionScope,
  ): Promise<SavedSession | null> {
    if (loaded === null) {
      const value = generateSessionId();
      const { key } = this.#namesOf(value, await hashSessionId(value, scope.cookieName));
      await this.#owners?.linkBefore(key, next, null, scope.ctx);
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
    const names = this.#namesOf(value, await hashSessionId(value, scope.cookieName));
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
    const { key } = loaded ?? this.#namesOf(value, await hashSessionId(value, scope.cookieName));
    // What this request has not loaded, only the device of the session may end: no thief.
    const isMeant: IsMeant = (record) =>
      loaded !== null || !scope.binder || scope.binder.isProven(record, scope.ctx);
    return this.#ender.end(key, loaded, scope.ctx, isMeant);
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
    const result = applied;
    return written && result ? updated(this.codec, loaded, result, written) : null;
  }

  /** @internal */
  override async bindDevice(
    loaded: LoadedSession,
    next: NextBinding,
    scope: SessionScope,
  ): Promise<string | undefined> {
    const bound: NextRecord = (current) => ({ ...current, binding: next(current.binding) });
    const written = await this.#writer.change(loaded, bound, scope);
    return written?.record.binding;
  }

  /** @internal */
  override get bindsDevices(): boolean {
    return this.compares;
  }

  #ownedBy(owner: string, method: string): OwnedSessions {
    assertOwner(method, owner, this.#owners !== undefined);
    return new OwnedSessions(this.#backend, this.#owners!, this.#ender, this.prefix, owner);
  }

  #foundIn(
    record: SessionRecord | "unknown" | "invalid",
    names: SessionNames,
    hasMoved: (record: SessionRecord) => boolean,
    { absoluteTimeout }: SessionScope,
  ): Found {
    if (typeof record === "string") return record;
    if (isTombstone(record)) return hasMoved(record) ? "moved" : "unknown";
    return this.codec.toSession(record, names, absoluteTimeout);
  }

  #namesOf(value: string, id: string): SessionNames {
    return { value, id, key: this.prefix + id, outdated: false };
  }
}
