import { SessionError } from "../errors.js";
import { loggableError } from "./redis-error.js";

/** What is known of the server behind a connection: while there is no use in calling it, calls fail at once. */
export class RedisHealth {
  /** Seconds. */
  readonly #timeout: number;
  /** Whether the last start has failed. */
  #isDown = false;
  /** Whether the last call has timed out, of a client that is not to be replaced. */
  #isHung = false;
  /** Whether a call is under way that finds out whether the client still hangs. */
  #isProbing = false;
  /** Milliseconds since 1970, until which there is no use in trying: a call has just waited in vain. */
  #restsUntil = 0;
  #lastError: unknown;

  /** @param timeout - Of a call, and of a start, in seconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  get isResting(): boolean {
    return this.#restsUntil > Date.now();
  }

  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** Something has gone wrong, and somebody may want to know what. */
  note(error: unknown): void {
    this.#lastError = error;
  }

  /** @returns whether the call is a probe. */
  beginCall(): boolean {
    return (this.#isProbing = this.#isHung);
  }

  endCall(isProbe: boolean): void {
    if (isProbe) this.#isProbing = false;
  }

  answered(): void {
    this.#isHung = false;
  }

  /** A client is there, or has come back by itself. */
  ready(): void {
    this.#isHung = this.#isProbing = false;
    this.#restsUntil = 0;
  }

  started(): void {
    this.#isDown = false;
  }

  /** @param since - Milliseconds since 1970: when the start began. */
  failedToStart(error: unknown, since: number): void {
    this.#isDown = true;
    if (Date.now() - since >= this.#timeout * 1000) this.#rest();
    if (!(error instanceof SessionError)) this.note(error);
  }

  /** A call was not answered in time. For as long again calls fail at once: they had nothing to expect but to wait in vain, too. */
  timedOut(): void {
    this.note(new Error(`No answer within ${this.#timeout} s.`));
    this.#rest();
  }

  /** The answer came after all: it was this process that stood still. */
  cameLate(): void {
    this.#restsUntil = 0;
  }

  /** The client hangs, and stays. */
  hangs(): void {
    this.#isHung = true;
  }

  /** The client was given up. */
  givenUp(): void {
    this.#isDown = true;
  }

  /** As if nothing had been known. */
  reset(): void {
    this.#isDown = false;
    this.#restsUntil = 0;
  }

  notConnected(): SessionError {
    return new SessionError(
      "ERR_SESSION_STORE",
      "The Redis client is not connected. It keeps reconnecting; answer 503 and let the client try again.",
      this.#lastError === undefined ? {} : { cause: loggableError(this.#lastError, []) },
    );
  }

  #rest(): void {
    this.#restsUntil = Date.now() + this.#timeout * 1000;
  }
}
