import { SessionError } from "../errors.js";
import { isPromise } from "../platform/awaitable.js";
import { assertLifetime } from "../records/expiry.js";
import { copyPlain, isPlainObject } from "../records/plain-data.js";
import type { LoadedSession, SessionScope } from "../records/store.js";
import type { Lifetime, Session, SessionData } from "../session.js";
import type { InitialState } from "./load.js";
import type { ResolvedOptions } from "./options.js";
import { planWrite, type CommitPlan, type StoreWrite } from "./plan.js";
import { replaceContents, updateInMemory, updateInStore } from "./update.js";

/** `ctx.session`: notes what the handlers do, and turns it into one plan when they are done. */
export class RequestSession implements Session {
  readonly #options: ResolvedOptions;
  readonly #scope: SessionScope;
  readonly #failure: unknown;
  readonly #isSent: boolean;
  /** The `ctx.session` of a `session()` around this one, if there is one. */
  readonly #outer: unknown;
  /** The session as the store has it; `null` when it is fresh. */
  #loaded: LoadedSession | null;
  #data: SessionData;
  #lifetime: Lifetime;
  /** The text of fresh data that no handler has changed. */
  #untouchedText: string | undefined;
  #isUsed = false;
  #isDataUsed = false;
  #isRegenerated = false;
  #destroyed: LoadedSession | null = null;
  #clearsClient = false;
  #isClosed = false;
  /** Settles when all calls of `destroy()` and `update()` so far are over; never rejects. */
  #actions: Promise<unknown> | undefined;

  constructor(options: ResolvedOptions, scope: SessionScope, state: InitialState, outer: unknown) {
    this.#options = options;
    this.#scope = scope;
    this.#loaded = state.loaded;
    this.#data = state.data;
    this.#lifetime = state.loaded?.lifetime;
    this.#failure = state.failure;
    this.#isSent = state.isSent;
    this.#outer = outer;
  }

  get data(): SessionData {
    // A streaming body may still read the data. The copy is frozen: no change can be saved now.
    if (this.#isClosed) {
      if (this.#failure !== undefined) throw this.#failure;
      return copyPlain(this.#data, true);
    }
    this.#useData();
    return this.#data;
  }

  set data(data: SessionData) {
    this.#assertOpen();
    this.#useData();
    if (!isPlainObject(data)) {
      throw new SessionError(
        "ERR_SESSION_DATA",
        "session.data must be a plain object. Keep instances of classes under a key of it.",
      );
    }
    this.#data = data;
  }

  get isFresh(): boolean {
    this.#use();
    return this.#loaded === null;
  }

  get lifetime(): Lifetime {
    this.#use();
    return this.#lifetime;
  }

  set lifetime(lifetime: Lifetime) {
    this.#assertOpen();
    this.#useData();
    assertLifetime(lifetime, this.#options.absoluteTimeout);
    this.#lifetime = lifetime;
  }

  async regenerate(): Promise<void> {
    this.#assertOpen();
    this.#use();
    // A fresh session gets a new ID in any case.
    this.#isRegenerated = this.#loaded !== null;
  }

  destroy(): Promise<void> {
    return this.#queue(async () => {
      this.#destroyed ??= this.#loaded;
      this.#loaded = null;
      this.#clearsClient = this.#destroyed !== null || this.#isSent;
      this.#isRegenerated = false;
      this.#isDataUsed = false;
      this.#data = {};
      this.#lifetime = undefined;
      const data = this.#options.defaults.make(this.#scope.ctx);
      // Without an await where possible: a handler may set data without awaiting destroy().
      this.#data = isPromise(data) ? await data : data;
    });
  }

  update(change: (data: SessionData) => void): Promise<void> {
    return this.#queue(async () => {
      this.#useData();
      const { store } = this.#options;
      const loaded = this.#loaded;
      if (loaded === null || !store.applyUpdate) {
        this.#data = updateInMemory(this.#data, change, store);
        return;
      }
      const currentData = (): SessionData => this.#data;
      const updated = await updateInStore(this.#options, this.#scope, loaded, currentData, change);
      // Unless the handler has set a lifetime that is not saved yet.
      if (this.#lifetime === loaded.lifetime) this.#lifetime = updated.session.lifetime;
      this.#loaded = updated.session;
      this.#data = replaceContents(this.#data, updated.dataWith(this.#data));
    });
  }

  /** Whether the response may depend on the session. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether the plan is made: from then on, changes are errors. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether `destroy()` or `update()` was called: the handler may not have awaited it. */
  get hasActions(): boolean {
    return this.#actions !== undefined;
  }

  /** Resolves when no action is running, including actions that begin while it waits. */
  async untilIdle(): Promise<void> {
    let awaited: Promise<unknown> | undefined;
    while (awaited !== this.#actions) {
      awaited = this.#actions;
      await awaited;
    }
  }

  /**
   * @throws {SessionError} `ERR_SESSION_USAGE` if this session, or one around it, has the name and
   * is not closed.
   */
  assertNotNamed(cookieName: string): void {
    if (!this.#isClosed && this.#scope.cookieName === cookieName) {
      throw new SessionError(
        "ERR_SESSION_USAGE",
        `session() is used twice with the cookieName ${cookieName}. Remove one, or give it another cookieName.`,
      );
    }
    if (this.#outer instanceof RequestSession) this.#outer.assertNotNamed(cookieName);
  }

  /**
   * Makes the plan of what must be written and sent; `null` when there is nothing to do. From now on,
   * changes of the session are errors.
   */
  close(succeeded: boolean, canSetCookie: boolean): CommitPlan | null {
    const isLoaded = this.#isUsed && this.#failure === undefined;
    const write = isLoaded ? this.#planWrite(succeeded, canSetCookie) : null;
    this.#isClosed = true;
    const [destroyed, clearsClient] = [this.#destroyed, this.#clearsClient];
    return write || clearsClient ? { destroyed, write, clearsClient } : null;
  }

  #planWrite(succeeded: boolean, canSetCookie: boolean): StoreWrite | null {
    const lifetime = this.#lifetime;
    const text =
      succeeded && this.#isDataUsed
        ? this.#options.store.codec.serialize(this.#data, lifetime)
        : undefined;
    const untouchedText = this.#untouchedText;
    const isRegenerated = this.#isRegenerated;
    const result = { succeeded, canSetCookie, text, untouchedText, lifetime, isRegenerated };
    return planWrite(this.#options, this.#loaded, result);
  }

  /**
   * Actions (`destroy()`, `update()`) run one after another, so that each sees what the earlier
   * ones have committed. The first one begins at once.
   */
  async #queue(action: () => Promise<void>): Promise<void> {
    this.#assertOpen();
    this.#use();
    const earlier = this.#actions;
    const done = (async () => {
      if (earlier) await earlier;
      await action();
    })();
    this.#actions = done.catch(() => {});
    return done;
  }

  #use(): void {
    this.#isUsed = true;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #useData(): void {
    this.#use();
    if (this.#isDataUsed) return;
    this.#isDataUsed = true;
    if (this.#loaded === null) this.#untouchedText = this.#options.defaults.textOf(this.#data);
  }

  #assertOpen(): void {
    if (!this.#isClosed) return;
    throw new SessionError(
      "ERR_SESSION_RESPONSE",
      "The response is already finished, so the session can no longer be changed. Change it before the handler returns.",
    );
  }
}
