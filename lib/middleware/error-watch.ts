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
  readonly #ctx: WatchedContext;
  #count = 0;
  #isArmed = false;
  /** Of the app's error handler, or of whoever has replaced it. */
  #counting: HandleError | undefined;

  constructor(ctx: WatchedContext) {
    this.#ctx = ctx;
    this.follow(ctx.handleError);
    ctx.handleError = this.#counting;
  }

  get count(): number {
    return this.#count;
  }

  /** From now on, a handler that replaces `ctx.handleError` is followed, too. It takes a microsecond, so not for nothing. */
  arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    const ctx = this.#ctx;
    this.follow(ctx.handleError);
    ctx[WATCH] = this;
    Object.defineProperty(ctx, "handleError", FOLLOWING);
  }

  /** What `ctx.handleError` is: the app's, with its errors counted. */
  get counting(): HandleError | undefined {
    return this.#counting;
  }

  /** Each gets a wrapping of its own, since an error handler may call the one that it has replaced. To count an error twice does no harm. */
  follow(handleError: HandleError | undefined): void {
    this.#counting =
      handleError &&
      ((error) => {
        this.#count++;
        return handleError.call(this.#ctx, error);
      });
  }
}

/** One object for all, which engines make one shape of. */
const FOLLOWING: PropertyDescriptor & ThisType<Required<WatchedContext>> = {
  configurable: true,
  enumerable: true,
  get() {
    return this[WATCH].counting;
  },
  set(handleError: HandleError | undefined) {
    this[WATCH].follow(handleError);
  },
};
