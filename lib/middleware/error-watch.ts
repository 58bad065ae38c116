import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };

type HandleError = RequestContext["handleError"];

const WATCH: unique symbol = Symbol("@hattip/session error watch");

/** Counts the errors that pass through it. */
interface Noting extends HandleError {
  [WATCH]: ErrorWatch;
}

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
  /** Of the app's error handler, or of whoever has replaced it. */
  #noting: Noting | undefined;

  constructor(ctx: WatchedContext) {
    this.handleError = ctx.handleError;
    ctx.handleError = this.#noting;
  }

  /** The one of this request: nested sessions share it. */
  static of(ctx: WatchedContext): ErrorWatch {
    return (ctx[WATCH] ??= new ErrorWatch(ctx));
  }

  get count(): number {
    return this.#count;
  }

  get handleError(): HandleError | undefined {
    return this.#noting;
  }

  /** Each gets a wrapping of its own, since an error handler may call the one that it has replaced. */
  set handleError(handleError: HandleError | undefined) {
    const { [WATCH]: owner } = (handleError ?? {}) as Partial<Noting>;
    const isOwn = owner === this;
    this.#noting = isOwn ? (handleError as Noting) : handleError && this.#note(handleError);
  }

  /** From now on, a handler that replaces `ctx.handleError` is followed, too. It takes a microsecond, so not for nothing. */
  arm(ctx: WatchedContext): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.handleError = ctx.handleError;
    Object.defineProperty(ctx, "handleError", FOLLOWING);
  }

  #note(handleError: HandleError): Noting {
    const noting = (error: unknown): Response | Promise<Response> => {
      this.#count++;
      return handleError(error);
    };
    return Object.assign(noting, { [WATCH]: this });
  }
}

/** One object for all, which engines make one shape of. */
const FOLLOWING: PropertyDescriptor & ThisType<Required<WatchedContext>> = {
  configurable: true,
  enumerable: true,
  get() {
    return this[WATCH].handleError;
  },
  set(handleError: HandleError | undefined) {
    this[WATCH].handleError = handleError;
  },
};
