import { TimeoutError } from "./timeout-error.js";

/**
 * The answer, or a `TimeoutError` when it does not come in time. What comes later is ignored.
 *
 * @param limit - Seconds.
 */
export function withinTime<T>(limit: number, answer: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TimeoutError(limit));
    }, limit * 1000);
    // A thenable of somebody else's may throw in then().
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
