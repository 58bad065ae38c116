import { SessionError } from "../errors.js";

const ATTEMPTS_WITHOUT_PAUSE = 3;
const MAX_PAUSE_MS = 250;

/** The attempts of one write. Each conflict means that another request's write has succeeded. */
export class Attempts {
  readonly #timeoutSeconds: number;
  /** When the first conflict was. The clock of `performance` never jumps. */
  #begin: number | undefined;
  #count = 1;

  constructor(timeoutSeconds: number) {
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Waits before another attempt: a random time, so that processes do not collide again, and longer
   * each time, because there may be many of them.
   *
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when the time is over.
   */
  async another(): Promise<void> {
    this.atOnce();
    if (this.#count <= ATTEMPTS_WITHOUT_PAUSE) return;
    const pause = Math.random() * Math.min(2 ** this.#count, MAX_PAUSE_MS);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /** Like `another()`, without a pause. */
  atOnce(): void {
    this.#begin ??= performance.now();
    this.#count++;
    if (this.#count <= ATTEMPTS_WITHOUT_PAUSE) return;
    if (performance.now() - this.#begin > this.#timeoutSeconds * 1000) {
      throw new SessionError(
        "ERR_SESSION_CONFLICT",
        `Other requests were faster each of the ${this.#count - 1} times that this one tried to change the session. Let the client try again.`,
      );
    }
  }
}
