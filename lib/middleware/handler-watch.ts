import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };

type HandleError = RequestContext["handleError"];

const WATCH: unique symbol = Symbol("@hattip/session handler watch");

interface WatchedContext {
  handleError: HandleError | undefined;
  passThrough: RequestContext["passThrough"] | undefined;
  [WATCH]?: HandlerWatch;
}

/**
 * Sees what a request's handlers do that does not show in their response.
 *
 * Errors that they throw: compose() turns them into responses, of whatever status, before the
 * middleware around the handler sees anything, and `ctx.handleError` is the only place to learn of
 * them. And that they pass the request on: in Express, say, somebody else answers it, and the
 * response that comes from here is dropped.
 */
export class HandlerWatch {
  readonly #ctx: WatchedContext;
  #isPassedOn = false;
  #count = 0;
  #isArmed = false;
  /** Of the app's error handler, or of whoever has replaced it. */
  #counting: HandleError | undefined;

  constructor(ctx: WatchedContext) {
    this.#ctx = ctx;
    this.follow(ctx.handleError);
    ctx.handleError = this.#counting;
    const { passThrough } = ctx;
    if (!passThrough) return;
    try {
      ctx.passThrough = () => {
        this.#isPassedOn = true;
        return passThrough.call(ctx as RequestContext);
      };
    } catch {
      // An adapter may have made it read-only: then nothing is known of it.
    }
  }

  /** Of the errors so far. */
  get count(): number {
    return this.#count;
  }

  get isPassedOn(): boolean {
    return this.#isPassedOn;
  }

  /**
   * From now on, a handler that replaces `ctx.handleError` is followed, too. It takes a
   * microsecond, so not for nothing.
   */
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

  /**
   * Each gets a wrapping of its own, since an error handler may call the one that it has replaced.
   * To count an error twice does no harm.
   */
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
