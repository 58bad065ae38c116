/** The error of an action, and a promise that was rejected with it. */
interface Failure {
  readonly promise: WatchedPromise<unknown>;
  readonly error: unknown;
}

const WITHIN_UPDATE =
  "The callback of update() must only change its argument. Call destroy(), regenerate() and update() after it.";

/** After so many microtasks, code that waits for an action with some `await`s has gone on. */
const TICKS_TO_GO_ON = 16;

/**
 * The calls of `destroy()`, `regenerate()` and `update()` in one request. They run one after another,
 * so that each sees what the earlier ones have committed.
 *
 * A handler may forget to await one. The error must not end the process, as an unhandled rejection
 * does. Nor must it vanish: the visitor would read "logged out", and still be logged in.
 */
export class ActionQueue {
  /** Settles when all actions so far are over; never rejects. */
  #last: Promise<unknown> | undefined;
  #running = 0;
  readonly #failures: Failure[] = [];
  /** Whether the callback of an `update()` is running. */
  #isChanging = false;
  #isMisused = false;

  /** Runs the action: at once, if no other one is running. */
  run(action: () => Promise<void>): Promise<void> {
    if (this.#isChanging) {
      this.#isMisused = true;
      // Another queue: update() fails with this error.
      return new ActionQueue().run(() => Promise.reject(new TypeError(WITHIN_UPDATE)));
    }
    const earlier = this.#last;
    this.#running++;
    const done = (async () => {
      try {
        if (earlier) await earlier;
        await action();
      } finally {
        this.#running--;
      }
    })();
    this.#last = done.catch(() => {});
    return WatchedPromise.watch(done, this.#failures, () => true);
  }

  /**
   * Runs the callback of an `update()`.
   *
   * @throws {TypeError} if the callback has called one of the three methods: its change may be made
   * again, and what they do cannot be undone.
   */
  change(callback: () => void): void {
    this.#isChanging = true;
    this.#isMisused = false;
    try {
      callback();
    } finally {
      this.#isChanging = false;
    }
    if (this.#isMisused) throw new TypeError(WITHIN_UPDATE);
  }

  /**
   * Resolves when no action is running, including actions that begin meanwhile: code that has waited
   * for one action may begin another.
   *
   * @throws the first error of an action that the handlers have not waited for.
   */
  async untilIdle(): Promise<void> {
    // Where the handler has waited for its actions, the response does not wait for a timer.
    for (let tick = 0; tick < TICKS_TO_GO_ON && this.#running === 0; tick++) {
      await Promise.resolve();
    }
    while (this.#running > 0) {
      await this.#last;
      await macrotask();
    }
    if (this.#failures.length === 0) return;
    // Promises that a handler made with then() are rejected a little later.
    await macrotask();
    const forgotten = this.#failures.find(({ promise }) => !promise.isTaken);
    if (forgotten) throw forgotten.error;
  }
}

/** Resolves when all microtasks are done. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A promise that knows whether somebody waits for it. `await` calls `then`, too. */
class WatchedPromise<T> extends Promise<T> {
  isTaken = false;
  #failures: Failure[] = [];

  /** Promises that `then` makes are watched, too, but not by themselves. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /**
   * @param failures - Gets the errors.
   * @param isOurs - Whether an error is one of an action. An error of the app's own callback stays
   * what it is for every promise.
   */
  static watch<T>(
    source: Promise<T>,
    failures: Failure[],
    isOurs: (error: unknown) => boolean,
  ): WatchedPromise<T> {
    source.then(undefined, (error: unknown) => {
      if (!isOurs(error)) return;
      // A promise with a handler ends no process.
      void Promise.prototype.then.call(watched, undefined, () => {});
      failures.push({ promise: watched, error });
    });
    const watched = new WatchedPromise<T>((resolve) => resolve(source));
    watched.#failures = failures;
    return watched;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isTaken = true;
    const failures = this.#failures;
    return WatchedPromise.watch(super.then(onFulfilled, onRejected), failures, (error) =>
      failures.some((failure) => failure.error === error),
    );
  }
}
