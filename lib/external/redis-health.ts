import { SessionError } from "../errors.js";
import { TimeoutError } from "../platform/timeout-error.js";
import { loggableError } from "./redis-error.js";

/**
 * What is known of the server behind a connection: while there is no use in
 * calling it, calls fail at once.
 *
 * | state | | ends with |
 * | --- | --- | --- |
 * | up | nothing is known against it | `failedToStart`, `givenUp`: down; `hangs`: hung |
 * | down | the last start has failed, or the client was given up | `started`: up |
 * | hung | the last call has timed out, and the client is not to be replaced | the next call, which is a probe: probing |
 * | probing | the probe is under way, and all others fail | `answered`, `ready`: up; the end of the probe: hung |
 *
 * In any state it rests after a call or a start that has waited in vain, for as long again: others
 * had nothing to expect but to wait in vain, too.
 */
export class RedisHealth {
  /** Seconds. */
  readonly #timeout: number;
  #state: "up" | "down" | "hung" | "probing" = "up";
  /** By the clock of `performance.now()`, in milliseconds: that of the day may be set back. */
  #restsUntil = 0;
  #lastError: unknown;

  /** @param timeout - Of a call, and of a start, in seconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get isDown(): boolean {
    return this.#state === "down";
  }

  get isResting(): boolean {
    return this.#restsUntil > performance.now();
  }

  get isProbing(): boolean {
    return this.#state === "probing";
  }

  /** Something has gone wrong, and somebody may want to know what. */
  note(error: unknown): void {
    this.#lastError = error;
  }

  /** @returns whether the call is a probe. */
  beginCall(): boolean {
    if (this.#state !== "hung") return false;
    this.#state = "probing";
    return true;
  }

  endCall(isProbe: boolean): void {
    if (isProbe && this.#state === "probing") this.#state = "hung";
  }

  answered(): void {
    if (this.#state !== "down") this.#state = "up";
  }

  /** A client is there, or has come back by itself. */
  ready(): void {
    this.answered();
    this.#restsUntil = 0;
  }

  started(): void {
    this.#state = "up";
  }

  failedToStart(error: unknown): void {
    this.#state = "down";
    if (error instanceof TimeoutError) this.#rest();
    if (!(error instanceof SessionError)) this.note(error);
  }

  /** A call was not answered in time. */
  timedOut(): void {
    this.note(new TimeoutError(this.#timeout));
    this.#rest();
  }

  /** The answer came after all: it was this process that stood still. */
  cameLate(): void {
    this.#restsUntil = 0;
  }

  /** The client hangs, and stays. */
  hangs(): void {
    this.#state = "hung";
  }

  /** The client was given up. */
  givenUp(): void {
    this.#state = "down";
  }

  /** As if nothing had been known. */
  reset(): void {
    this.#state = "up";
    this.#restsUntil = 0;
  }

  /** Why calls fail at once. */
  unavailable(): SessionError {
    return new SessionError(
      "ERR_SESSION_STORE",
      "Redis cannot be reached, or does not answer; see the cause. It is tried again. Answer 503 and let the client try again.",
      this.#lastError === undefined ? {} : { cause: loggableError(this.#lastError, []) },
    );
  }

  #rest(): void {
    this.#restsUntil = performance.now() + this.#timeout * 1000;
  }
}
