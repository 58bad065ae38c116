/** An answer did not come in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";

  constructor(seconds: number) {
    super(`No answer within ${seconds} s.`);
  }
}

/** The answer, or a `TimeoutError` when it does not come in time. A late answer is ignored. */
export function withinTime<T>(
  seconds: number,
  answer: PromiseLike<T>,
  onTimeout?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TimeoutError(seconds));
      onTimeout?.();
    }, seconds * 1000);
    // Promise.resolve: the then() of a foreign thenable may throw.
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
