import { SessionError } from "../errors.js";
import { andThen, type Awaitable } from "../platform/awaitable.js";
import { frozenCopy, isPlainObject } from "../plain-data.js";
import type { Lifetime, Session, SessionData } from "../record.js";
import type { LoadedSession, StoreScope } from "../store.js";
import {
  withoutData,
  writeOfFresh,
  writeOfLoaded,
  type Decision,
  type PlannedWrite,
} from "./decision.js";
import { HandlerWatch } from "./handler-watch.js";
import type { InitialState } from "./load.js";
import type { Settings } from "./options.js";
import { replaceContents, updateInMemory, updateInStore } from "./update.js";

/** What `ctx.session` is: follows what the handler does, and sums it up in one decision. */
export class RequestSession implements Session {
  readonly #settings: Settings;
  readonly #scope: StoreScope;
  /** The session as the store has it; `null` when it is fresh. */
  #loaded: LoadedSession | null;
  #data: SessionData;
  #lifetime: Lifetime;
  /** The text of fresh data that nobody has changed. */
  #untouchedText: string | undefined;
  readonly #failure: unknown;
  readonly #isSent: boolean;
  readonly #outer: unknown;
  readonly #handlers: HandlerWatch;
  readonly #errorsBefore: number;
  #isLookedAt = false;
  #isDataLookedAt = false;
  #isRegenerated = false;
  #destroyed: LoadedSession | null = null;
  #clears = false;
  #isDecided = false;
  #decision: Decision | null = null;
  #underWay: Promise<unknown> | undefined;

  constructor(settings: Settings, scope: StoreScope, state: InitialState, outer: unknown) {
    this.#settings = settings;
    this.#scope = scope;
    this.#loaded = state.loaded;
    this.#data = state.data;
    this.#lifetime = state.loaded?.lifetime;
    this.#failure = state.failure;
    this.#isSent = state.isSent;
    this.#outer = outer;
    // A session that is done may have seen the request passed on, to whoever answers it here.
    const isNested =
      outer instanceof RequestSession && !outer.#isDecided && outer.#scope.ctx === scope.ctx;
    this.#handlers = isNested ? outer.#handlers : new HandlerWatch(scope.ctx);
    this.#errorsBefore = this.#handlers.count;
  }

  get data(): SessionData {
    // A body that is still being streamed may read on, but what it changes would be lost silently.
    if (this.#isDecided) {
      if (this.#failure !== undefined) throw this.#failure;
      return frozenCopy(this.#data);
    }
    this.#lookAtData();
    return this.#data;
  }

  set data(data: SessionData) {
    this.#assertOpen();
    this.#lookAtData();
    if (!isPlainObject(data)) {
      throw new SessionError(
        "ERR_SESSION_DATA",
        "session.data must be a plain object. Keep instances of classes under a key of it.",
      );
    }
    this.#data = data;
  }

  get isFresh(): boolean {
    this.#lookAt();
    return this.#loaded === null;
  }

  get lifetime(): Lifetime {
    this.#lookAt();
    return this.#lifetime;
  }

  set lifetime(lifetime: Lifetime) {
    this.#assertOpen();
    this.#lookAtData();
    const { absoluteTimeout } = this.#settings;
    const isTime = Number.isSafeInteger(lifetime) && (lifetime as number) >= 1;
    const fits = isTime
      ? (lifetime as number) <= absoluteTimeout
      : lifetime === undefined || lifetime === "browser";
    if (!fits) {
      throw new TypeError(
        `session.lifetime must be a whole number of seconds from 1 to the absoluteTimeout (${absoluteTimeout}), "browser", or undefined.`,
      );
    }
    this.#lifetime = lifetime;
  }

  async regenerate(): Promise<void> {
    this.#assertOpen();
    this.#lookAt();
    // A fresh session gets a new ID in any case.
    this.#isRegenerated = this.#loaded !== null;
  }

  destroy(): Promise<void> {
    return this.#begin(() => {
      this.#destroyed ??= this.#loaded;
      this.#loaded = null;
      this.#clears = this.#destroyed !== null || this.#isSent;
      this.#isRegenerated = false;
      this.#isDataLookedAt = false;
      this.#data = {};
      this.#lifetime = undefined;
      return andThen(this.#settings.defaults.make(this.#scope.ctx), (data) => {
        this.#data = data;
      });
    });
  }

  update(change: (data: SessionData) => void): Promise<void> {
    return this.#begin(() => {
      this.#lookAtData();
      return this.#update(change);
    });
  }

  /** Whether the response may depend on the session. */
  get isLookedAt(): boolean {
    return this.#isLookedAt;
  }

  /** Whether a handler behind this session has thrown. */
  get hasSeenError(): boolean {
    return this.#handlers.count > this.#errorsBefore;
  }

  /** Whether a handler behind this session has passed the request on. */
  get isPassedOn(): boolean {
    return this.#handlers.isPassedOn;
  }

  get isDecided(): boolean {
    return this.#isDecided;
  }

  /**
   * Whether something has begun that must have ended before the decision, although the handler
   * may not have waited for it.
   */
  get isBusy(): boolean {
    return this.#underWay !== undefined;
  }

  /** Until all that has begun has ended, also what began meanwhile. */
  async untilIdle(): Promise<void> {
    let awaited: Promise<unknown> | undefined;
    while (awaited !== this.#underWay) {
      awaited = this.#underWay;
      await awaited;
    }
  }

  /**
   * Throws a `TypeError` if this session, or one around it, goes by the name,
   * and has not been finished.
   */
  assertNotNamed(cookieName: string): void {
    if (!this.#isDecided && this.#scope.cookieName === cookieName) {
      throw new TypeError(
        `session() is used twice with the cookieName ${cookieName}. Remove one, or give it another cookieName.`,
      );
    }
    if (this.#outer instanceof RequestSession) this.#outer.assertNotNamed(cookieName);
  }

  /**
   * What is to be done, if anything.
   *
   * @param succeeded - Whether the handler did: of one that failed, only `destroy` and
   * `regenerate` are honoured.
   * @param tells - Whether the client is sure to be told.
   */
  decide(succeeded: boolean, tells: boolean): Decision | null {
    const isUsed = this.#isLookedAt && this.#failure === undefined;
    const planned = isUsed ? this.#plan(succeeded, tells) : null;
    this.#isDecided = true;
    const [destroyed, clears] = [this.#destroyed, this.#clears];
    this.#decision = planned || clears ? { destroyed, planned, clears } : null;
    return this.#decision;
  }

  /** What is left of the decision when its data turn out to be too large. */
  decideWithoutData(): Decision | null {
    return this.#decision && withoutData(this.#decision);
  }

  #plan(succeeded: boolean, tells: boolean): PlannedWrite | null {
    const loaded = this.#loaded;
    if (!succeeded) {
      if (loaded === null || !this.#isRegenerated) return null;
      return { kind: "regenerate", loaded, next: loaded };
    }
    const settings = this.#settings;
    const lifetime = this.#lifetime;
    const text = this.#isDataLookedAt ? settings.store.serialize(this.#data, lifetime) : undefined;
    const outcome = { text, lifetime, tells };
    return loaded === null
      ? writeOfFresh(settings, outcome, this.#untouchedText)
      : writeOfLoaded(settings, outcome, loaded, this.#isRegenerated);
  }

  /**
   * One after another: each sees what those before it have committed. The first one begins at once.
   */
  async #begin(action: () => Awaitable<void>): Promise<void> {
    this.#assertOpen();
    this.#lookAt();
    const ended = (async () => {
      if (this.#underWay) await this.#underWay;
      await action();
    })();
    this.#underWay = ended.catch(() => {});
    return ended;
  }

  async #update(change: (data: SessionData) => void): Promise<void> {
    const loaded = this.#loaded;
    const { store } = this.#settings;
    if (loaded === null || store.apply === undefined) {
      this.#data = updateInMemory(this.#data, change, store);
      return;
    }
    const pending = (): SessionData => this.#data;
    const updated = await updateInStore(this.#settings, this.#scope, loaded, pending, change);
    if (this.#lifetime === loaded.lifetime) this.#lifetime = updated.session.lifetime;
    this.#loaded = updated.session;
    this.#data = replaceContents(this.#data, updated.dataWith(this.#data));
  }

  #lookAt(): void {
    if (!this.#isLookedAt) this.#handlers.arm();
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
      "The response is already finished, so the session can no longer be changed. Change it before the handler returns.",
    );
  }
}
