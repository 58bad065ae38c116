import { SessionError } from "../errors.js";
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import { currentSecond, type Session, type SessionData, type SessionRecord } from "../record.js";
import type { LoadedSession, StoreScope, UpdatedSession } from "../store.js";
import type { Settings } from "./options.js";

/** What a request asks of its store and of its response, decided once. */
export interface Decision {
  /** Ended by the handler: to be removed from the store. */
  readonly destroyed: LoadedSession | null;
  readonly write: Write | null;
  /** The client is to forget what it holds, unless a write gives it something new. */
  readonly clears: boolean;
}

export interface Write {
  /**
   * `create` a session that was changed, `keep` defaults that were only seen, `save` changed data, `regenerate` the ID, `reissue` what an
   * old key has sealed, `renew` the expiry.
   */
  readonly kind: "create" | "keep" | "save" | "regenerate" | "reissue" | "renew";
  readonly loaded: LoadedSession | null;
  readonly next: SessionRecord;
}

/** What `ctx.session` is: follows what the handler does, and sums it up in one decision. */
export class RequestSession implements Session {
  readonly #settings: Settings;
  readonly #scope: StoreScope;
  /** The session as the store has it; `null` when it is fresh. */
  #loaded: LoadedSession | null;
  #data: SessionData;
  /** The text of fresh data that nobody has changed. */
  #untouchedText: string | undefined;
  readonly #failure: unknown;
  readonly #isSent: boolean;
  readonly #outer: RequestSession | undefined;
  #isLookedAt = false;
  #isDataLookedAt = false;
  #isRegenerated = false;
  #destroyed: LoadedSession | null = null;
  #clears = false;
  #isDecided = false;
  /** The last of the updates under way: each sees what those before it have committed. */
  #updates: Promise<unknown> | undefined;

  constructor(
    settings: Settings,
    scope: StoreScope,
    state: InitialState,
    outer: RequestSession | undefined,
  ) {
    this.#settings = settings;
    this.#scope = scope;
    this.#loaded = state.loaded;
    this.#data = state.data;
    this.#failure = state.failure;
    this.#isSent = state.isSent;
    this.#outer = outer;
  }

  get data(): SessionData {
    // A body that is still being streamed may read on, but what it changes would be lost without a word.
    if (this.#isDecided) return Object.freeze({ ...this.#data });
    this.#lookAtData();
    return this.#data;
  }

  set data(data: SessionData) {
    this.#assertOpen();
    this.#lookAtData();
    if (typeof data !== "object" || data === null || Array.isArray(data)) {
      throw new SessionError("ERR_SESSION_DATA", "session.data must be an object.");
    }
    this.#data = data;
  }

  get isFresh(): boolean {
    this.#lookAt();
    return this.#loaded === null;
  }

  async regenerate(): Promise<void> {
    this.#assertOpen();
    this.#lookAt();
    // A fresh session gets a new ID in any case.
    this.#isRegenerated = this.#loaded !== null;
  }

  async destroy(): Promise<void> {
    this.#assertOpen();
    this.#lookAt();
    await this.#updates;
    this.#destroyed ??= this.#loaded;
    this.#loaded = null;
    this.#clears = this.#destroyed !== null || this.#isSent;
    this.#isRegenerated = false;
    this.#data = await this.#settings.defaults.make(this.#scope.ctx);
    this.#isDataLookedAt = false;
    this.#untouchedText = undefined;
  }

  async update(change: (data: SessionData) => void): Promise<void> {
    this.#assertOpen();
    this.#lookAtData();
    const updated = (this.#updates ?? Promise.resolve()).then(() => this.#update(change));
    this.#updates = updated.catch(() => {});
    return updated;
  }

  /** Whether the response may depend on the session. */
  get isLookedAt(): boolean {
    return this.#isLookedAt;
  }

  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** Updates that the handler may not have waited for. */
  get updates(): Promise<unknown> | undefined {
    return this.#updates;
  }

  /** Throws a `TypeError` if this session, or one around it, goes by the name, and has not been finished. */
  assertNotNamed(cookieName: string): void {
    if (!this.#isDecided && this.#scope.cookieName === cookieName) {
      throw new TypeError(
        `session() is there twice with the cookieName ${cookieName}. Leave one out, or give it another cookieName.`,
      );
    }
    this.#outer?.assertNotNamed(cookieName);
  }

  /**
   * What is to be done, if anything.
   *
   * @param succeeded - Whether the handler did: of one that failed, only `destroy` and `regenerate` are honoured.
   */
  decide(succeeded: boolean): Decision | null {
    this.#isDecided = true;
    if (!this.#isLookedAt || this.#failure !== undefined) return null;
    const write = this.#loaded
      ? this.#decideLoaded(this.#loaded, succeeded)
      : this.#decideFresh(succeeded);
    return write || this.#clears
      ? { destroyed: this.#destroyed, write, clears: this.#clears }
      : null;
  }

  #decideFresh(succeeded: boolean): Write | null {
    if (!succeeded || !this.#isDataLookedAt) return null;
    const { store, idleTimeout, defaults } = this.#settings;
    const text = store.serialize(this.#data);
    const isChanged = text !== this.#untouchedText;
    if (!isChanged && !defaults.arePersonal) return null;
    const created = currentSecond();
    const next = { text, created, expires: created + idleTimeout };
    return { kind: isChanged ? "create" : "keep", loaded: null, next };
  }

  #decideLoaded(loaded: LoadedSession, succeeded: boolean): Write | null {
    const { store, idleTimeout, absoluteTimeout, renewAfter } = this.#settings;
    const { created } = loaded;
    const text = succeeded && this.#isDataLookedAt ? store.serialize(this.#data) : loaded.text;
    const due = Math.min(currentSecond() + idleTimeout, created + absoluteTimeout);
    const isRenewed = succeeded && due > loaded.expires && due - loaded.expires >= renewAfter;
    const kind =
      (this.#isRegenerated && "regenerate") ||
      (text !== loaded.text && "save") ||
      (succeeded && loaded.outdated && "reissue") ||
      (isRenewed && "renew");
    const next = { text, created, expires: isRenewed ? due : loaded.expires };
    return kind ? { kind, loaded, next } : null;
  }

  async #update(change: (data: SessionData) => void): Promise<void> {
    const { store, emit } = this.#settings;
    const changeNow = (data: SessionData): void => {
      if (isPromise(change(data) as unknown as Awaitable<void>)) {
        throw new TypeError("The argument of update() must be a synchronous function.");
      }
    };
    const loaded = this.#loaded;
    if (loaded === null || store.apply === undefined) return changeNow(this.#data);
    const updated: UpdatedSession | null = await store.apply(
      loaded,
      () => this.#data,
      changeNow,
      this.#scope,
    );
    if (updated === null) {
      emit({ type: "gone" }, this.#scope.ctx);
      throw new SessionError(
        "ERR_SESSION_CONFLICT",
        "The session ended beside this request, so that update() had nothing to change. Let the client begin anew.",
      );
    }
    emit({ type: "saved" }, this.#scope.ctx);
    if (updated.merged) emit({ type: "merged" }, this.#scope.ctx);
    this.#loaded = updated.session;
    replaceContents(this.#data, updated.data);
  }

  #lookAt(): void {
    this.#isLookedAt = true;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #lookAtData(): void {
    this.#lookAt();
    if (this.#isDataLookedAt) return;
    this.#isDataLookedAt = true;
    if (this.#loaded === null) this.#untouchedText = this.#settings.defaults.textOf(this.#data);
  }

  #assertOpen(): void {
    if (!this.#isDecided) return;
    throw new SessionError(
      "ERR_SESSION_RESPONSE",
      "The response has been decided, so that the session can no longer be changed. Change it before the handler returns.",
    );
  }
}

/** What has been found for a request. */
export interface InitialState {
  /** Whether the client sent anything. */
  readonly isSent: boolean;
  readonly loaded: LoadedSession | null;
  readonly data: SessionData;
  /** Why nothing could be found; thrown at whoever looks. */
  readonly failure?: unknown;
}

/** In place: the handler may hold on to the object, and what it does to it later must count. */
function replaceContents(target: SessionData, source: SessionData): void {
  for (const key of Object.keys(target)) delete target[key as keyof SessionData];
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(source));
}
