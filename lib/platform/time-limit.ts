/** An answer did not come in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";

  /** @param from - What has not answered. */
  constructor(seconds: number, from?: string) {
    super(`No answer ${from ? `from ${from} ` : ""}within ${seconds} s.`);
  }
}

/** Timers are this late on an idle machine, too. */
const ORDINARY_DELAY_MS = 5;

/**
 * The answer, or a `TimeoutError` when it does not come in time. A late answer is ignored.
 *
 * A timer that runs late tells that this process was busy or suspended. The answer may have arrived
 * meanwhile, and is read after the timers: so the delay is given as additional time, once.
 *
 * @param onTimeout - Returns what has not answered, for the error.
 */
export function withinTime<T>(
  seconds: number,
  answer: PromiseLike<T>,
  onTimeout?: () => string | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const limitMs = seconds * 1000;
    const dueMs = performance.now() + limitMs;
    let timer = setTimeout(() => {
      const end = (): void => reject(new TimeoutError(seconds, onTimeout?.()));
      const delayMs = performance.now() - dueMs;
      if (delayMs > ORDINARY_DELAY_MS) timer = setTimeout(end, Math.min(delayMs, limitMs));
      else end();
    }, limitMs);
    // A thenable may throw: a promise of it rejects.
    Promise.resolve(answer).then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
