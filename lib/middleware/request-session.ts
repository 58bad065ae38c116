import { SessionError } from "../errors.js";
import { reported, type SessionOperation } from "../events.js";
import { isPromise } from "../platform/awaitable.js";
import { assertLifetime } from "../records/expiry.js";
import { copyPlain, isPlainObject } from "../records/plain-data.js";
import type { LoadedSession, SessionScope } from "../records/store.js";
import type { Lifetime, Session, SessionData } from "../session.js";
import { ActionQueue } from "./action-queue.js";
import { passedOn, readOnly, readTooLate, tooLate } from "./after-response.js";
import { destroyAtOnce, regenerateAtOnce, updateAtOnce } from "./at-once.js";
import type { InitialState } from "./load.js";
import type { ResolvedOptions } from "./options.js";
import { expiryAfter, planCommit, type CommitPlan } from "./plan.js";
import { refuseAssignments } from "./refused-assignments.js";
import { SessionView } from "./session-view.js";
import { callChange, updateInMemory, type Change } from "./update.js";

/** Whether a handler has passed the request on, so that another one answers it. */
export interface Passing {
  readonly isPassedOn: boolean;
}

/** `ctx.session`: notes what the handlers do, and turns it into one plan when they are done. */
export class RequestSession implements Session {
  readonly #options: ResolvedOptions;
  readonly #scope: SessionScope;
  readonly #initial: InitialState;
  readonly #passing: Passing;
  #view: SessionView;
  /** Whether no cookie may be set: see `InitialState`. */
  #isLate: boolean;
  #isUsed = false;
  #clearsClient = false;
  #isClosed = false;
  #actions: ActionQueue | undefined;

  constructor(
    options: ResolvedOptions,
    scope: SessionScope,
    initial: InitialState,
    passing: Passing,
  ) {
    this.#options = options;
    this.#scope = scope;
    this.#initial = initial;
    this.#passing = passing;
    this.#view = new SessionView(options, initial.loaded, initial.data);
    this.#isLate = initial.isLate === true;
  }

  get data(): SessionData {
    if (this.#isClosed) {
      this.#use();
      return readOnly(copyPlain(this.#view.data));
    }
    this.#useData();
    return this.#view.data;
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
    this.#view.data = data;
  }

  get isFresh(): boolean {
    return this.#loaded === null;
  }

  get id(): string | undefined {
    return this.#loaded?.id;
  }

  get created(): number | undefined {
    return this.#loaded?.created;
  }

  get expires(): number | undefined {
    const loaded = this.#loaded;
    return loaded ? expiryAfter(this.#options, loaded, this.#view.lifetime) : undefined;
  }

  get isDeviceBound(): boolean {
    return this.#options.binder?.isBound(this.#loaded?.binding) ?? false;
  }

  get lifetime(): Lifetime {
    this.#use();
    return this.#view.lifetime;
  }

  set lifetime(lifetime: Lifetime) {
    this.#assertOpen();
    this.#useData();
    assertLifetime(lifetime, this.#options.absoluteTimeout);
    this.#view.lifetime = lifetime;
  }

  regenerate(): Promise<void> {
    return this.#act("regenerate", async () => {
      if (this.#passing.isPassedOn) throw passedOn();
      this.#isLate = false;
      const view = this.#view;
      const { loaded } = view;
      try {
        const hasPending = (): boolean => view.hasPending;
        // A fresh session gets a new ID in any case.
        const moved =
          loaded && (await regenerateAtOnce(this.#options, this.#scope, loaded, hasPending));
        if (moved) view.move(moved);
        else if (loaded) {
          const data = await this.#options.defaults.make(this.#scope.ctx);
          this.#view = new SessionView(this.#options, null, data);
        }
        this.#view.isRegenerated = true;
      } catch (error) {
        // They belong to a log-in that has failed. A response such as 409 would save them.
        view.reset();
        throw error;
      }
    });
  }

  destroy(): Promise<void> {
    return this.#act("destroy", async () => {
      const before = this.#view;
      try {
        const data = this.#options.defaults.make(this.#scope.ctx);
        // Without an await where possible: a handler may set data without awaiting destroy().
        this.#view = new SessionView(this.#options, null, isPromise(data) ? {} : data);
        if (isPromise(data)) this.#view.begin(await data);
        await destroyAtOnce(this.#options, this.#scope, before.loaded, this.#initial);
      } catch (error) {
        this.#view = before;
        throw error;
      }
      this.#isLate = false;
      this.#clearsClient = before.loaded !== null || Boolean(this.#initial.sent);
    });
  }

  update(change: Change): Promise<void> {
    return this.#act("update", async (actions) => {
      this.#useData();
      const view = this.#view;
      const { loaded } = view;
      const { store } = this.#options;
      const apply: Change = (data) => actions.change(() => callChange(change, data));
      if (loaded === null || !store.keepsSessions) {
        view.data = updateInMemory(view.data, apply, store);
        return;
      }
      const data = (): SessionData => view.data;
      const updated = await updateAtOnce(this.#options, this.#scope, loaded, data, apply);
      view.update(loaded, updated);
    });
  }

  /** Whether the response may depend on the session. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Whether there is something to wait for. */
  get hasActions(): boolean {
    return this.#actions !== undefined;
  }

  /**
   * Resolves when all calls of `destroy()`, `regenerate()` and `update()` are over.
   *
   * @throws the first error of a call that the handlers have not waited for.
   */
  async untilIdle(): Promise<void> {
    await this.#actions?.untilIdle();
  }

  /** Whether the response has left, or is about to. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Makes the plan of what must be written and sent. From now on, changes of the session are errors.
   *
   * @param succeeded - Whether the handlers succeeded. If not, unsaved changes are dropped.
   * @param isDropped - Whether the client will not see this response, because the request has been
   * passed on.
   */
  close(succeeded: boolean, canSetCookie: boolean, isDropped: boolean): CommitPlan {
    const { loaded: held, failure } = this.#initial;
    const isDue = succeeded && this.#isUsed && !this.#isLate && failure === undefined;
    const client = { held, clearsClient: this.#clearsClient, canSetCookie, isDropped };
    const plan = planCommit(this.#options, this.#view, client, isDue);
    this.#isClosed = true;
    return plan;
  }

  get #loaded(): LoadedSession | null {
    this.#use();
    return this.#view.loaded;
  }

  #act(name: SessionOperation, action: (actions: ActionQueue) => Promise<void>): Promise<void> {
    const actions = (this.#actions ??= new ActionQueue());
    return actions.run(async () => {
      if (this.#isClosed)
        throw reported(tooLate(), name, performance.now(), this.#options.emit, this.#scope.ctx);
      this.#use();
      await action(actions);
    });
  }

  #use(): void {
    const { failure } = this.#initial;
    if (failure === undefined && this.#isClosed && !this.#isUsed) throw readTooLate();
    this.#isUsed = true;
    if (failure !== undefined) throw failure;
  }

  #useData(): void {
    this.#use();
    this.#view.use();
  }

  #assertOpen(): void {
    if (this.#isClosed) throw tooLate();
  }
}

refuseAssignments(RequestSession.prototype);
