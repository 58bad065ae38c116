import { SessionError } from "../../errors.js";
import { TimeoutError } from "../../platform/time-limit.js";
import { loggableError } from "./error.js";

/**
 * A circuit breaker for the server behind a connection: while calls cannot succeed, they fail at
 * once.
 *
 * | state | meaning | ends with |
 * | --- | --- | --- |
 * | closed | calls are sent | `failedToStart`, `clientDestroyed`: down; `serverHangs`: open |
 * | down | the last start has failed, or the client was destroyed | `started`: closed |
 * | open | the last call timed out, and the client cannot be replaced | the next call, which is a probe: half-open |
 * | half-open | a probe is running, and all other calls fail | `answered`, `clientReady`: closed; the end of the probe: open |
 *
 * In every state, calls fail at once for `timeout` seconds after a call or a start has timed out:
 * they would only wait for a time-out of their own.
 */
export class CircuitBreaker {
  readonly #timeoutSeconds: number;
  #state: "closed" | "down" | "open" | "half-open" = "closed";
  /** By performance.now(), because the clock of the day may be set back. */
  #failsFastUntilMs = 0;
  #lastError: unknown;

  constructor(timeoutSeconds: number) {
    this.#timeoutSeconds = timeoutSeconds;
  }

  get isDown(): boolean {
    return this.#state === "down";
  }

  get failsFast(): boolean {
    return this.#failsFastUntilMs > performance.now();
  }

  get isProbing(): boolean {
    return this.#state === "half-open";
  }

  /** Keeps the error as the cause of the errors that calls get without being sent. */
  noteError(error: unknown): void {
    this.#lastError = error;
  }

  /** @returns whether the call is a probe. */
  beginCall(): boolean {
    if (this.#state !== "open") return false;
    this.#state = "half-open";
    return true;
  }

  endCall(isProbe: boolean): void {
    if (isProbe && this.#state === "half-open") this.#state = "open";
  }

  answered(): void {
    if (this.#state !== "down") this.#state = "closed";
  }

  /** A client is connected, or has reconnected. */
  clientReady(): void {
    this.answered();
    this.#failsFastUntilMs = 0;
  }

  started(): void {
    this.#state = "closed";
  }

  failedToStart(error: unknown): void {
    this.#state = "down";
    if (error instanceof TimeoutError) this.#failFast();
    if (!(error instanceof SessionError)) this.noteError(error);
  }

  callTimedOut(): void {
    this.noteError(new TimeoutError(this.#timeoutSeconds));
    this.#failFast();
  }

  /** The answer arrived after the timeout: it was this process that had stopped, not the server. */
  answeredLate(): void {
    this.#failsFastUntilMs = 0;
  }

  /** The server does not answer, and the client cannot be replaced. */
  serverHangs(): void {
    this.#state = "open";
  }

  clientDestroyed(): void {
    this.#state = "down";
  }

  reset(): void {
    this.#state = "closed";
    this.#failsFastUntilMs = 0;
  }

  /** The error of a call that is not sent. */
  unavailable(): SessionError {
    return new SessionError(
      "ERR_SESSION_STORE",
      "Redis cannot be reached, or does not answer; see the cause. It is tried again. Answer 503 and let the client try again.",
      this.#lastError === undefined ? {} : { cause: loggableError(this.#lastError, []) },
    );
  }

  #failFast(): void {
    this.#failsFastUntilMs = performance.now() + this.#timeoutSeconds * 1000;
  }
}
