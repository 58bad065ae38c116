/** What was waited for did not come in time. */
export class TimeoutError extends Error {
  override readonly name: string = "TimeoutError";

  /** @param limit - Seconds. */
  constructor(limit: number) {
    super(`No answer within ${limit} s.`);
  }
}
