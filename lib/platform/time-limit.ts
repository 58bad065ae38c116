/** An answer did not come in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";

  constructor(seconds: number) {
    super(`No answer within ${seconds} s.`);
  }
}

/** The answer, or a `TimeoutError` when it does not come in time. A late answer is ignored. */
export async function withinTime<T>(
  seconds: number,
  answer: PromiseLike<T>,
  onTimeout?: () => void,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new TimeoutError(seconds));
      onTimeout?.();
    }, seconds * 1000);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
