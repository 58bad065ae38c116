import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };

type HandleError = RequestContext["handleError"];

const WATCH: unique symbol = Symbol("@hattip/session error watch");

interface WatchedContext {
  handleError: HandleError | undefined;
  [WATCH]?: ErrorWatch;
}

/**
 * Counts the errors that a request's handlers have thrown. compose() turns them into responses, of whatever status, before the
 * middleware around the handler sees anything: `ctx.handleError` is the only place to learn of them.
 */
export class ErrorWatch {
  #count = 0;
  #isArmed = false;
  /** That of the app, or of whoever has replaced it. */
  handleError: HandleError | undefined;
  readonly noting: HandleError = (error) => {
    this.#count++;
    return this.handleError!(error);
  };

  constructor(ctx: WatchedContext) {
    this.handleError = ctx.handleError;
    // Where there is none, compose() must not believe that there is one.
    if (this.handleError) ctx.handleError = this.noting;
  }

  /** The one of this request: nested sessions share it. */
  static of(ctx: WatchedContext): ErrorWatch {
    return (ctx[WATCH] ??= new ErrorWatch(ctx));
  }

  get count(): number {
    return this.#count;
  }

  /** From now on, a handler that replaces `ctx.handleError` is followed, too. It takes a microsecond, so not for nothing. */
  arm(ctx: WatchedContext): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    if (ctx.handleError !== this.noting) this.handleError = ctx.handleError;
    Object.defineProperty(ctx, "handleError", FOLLOWING);
  }
}

/** One object for all, which engines make one shape of. */
const FOLLOWING: PropertyDescriptor & ThisType<Required<WatchedContext>> = {
  configurable: true,
  enumerable: true,
  get() {
    const watch = this[WATCH];
    return watch.handleError && watch.noting;
  },
  set(handleError: HandleError | undefined) {
    this[WATCH].handleError = handleError;
  },
};
