import { isWiringError, type WiringError } from "./wiring-error.js";

/**
 * What can go wrong at run time. Codes are stable; messages are for people and may change.
 *
 * - `ERR_SESSION_STORE`: the store is down, hung or refused, or the keys could not be
 *   loaded; `cause` has the reason.
 * - `ERR_SESSION_CONFLICT`: other requests kept winning, or ended the session that
 *   `update()` was to change.
 * - `ERR_SESSION_DATA`: the data cannot be stored; the message names the
 *   key, where JSON refuses it.
 * - `ERR_SESSION_COOKIE_TOO_LARGE`: name and value are over 4096 bytes, which browsers drop.
 * - `ERR_SESSION_RECORD_TOO_LARGE`: the record is over the store's `maxBytes`.
 * - `ERR_SESSION_RESPONSE`: this response cannot carry the change, or has already been decided.
 */
export type SessionErrorCode =
  | "ERR_SESSION_STORE"
  | "ERR_SESSION_CONFLICT"
  | "ERR_SESSION_DATA"
  | "ERR_SESSION_COOKIE_TOO_LARGE"
  | "ERR_SESSION_RECORD_TOO_LARGE"
  | "ERR_SESSION_RESPONSE";

/**
 * A condition of run time, told apart by its `code`. A caller's mistake is a
 * plain `TypeError` instead.
 *
 * Neither IDs nor data stand in its message.
 *
 * @example
 * ```ts
 * try {
 *   ctx.session.data.visits++;
 * } catch (error) {
 *   if (error instanceof SessionError && error.code === "ERR_SESSION_STORE") {
 *     return new Response("Try again", { status: 503 });
 *   }
 *   throw error;
 * }
 * ```
 */
export class SessionError extends Error {
  override readonly name: string = "SessionError";
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The code of whatever a store has thrown. */
export function codeOf(error: unknown): SessionErrorCode {
  return isSessionError(error) ? error.code : "ERR_SESSION_STORE";
}

/** Whether the data are at fault, and not the store: what else was asked for can still be done. */
export function isTooLarge(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ERR_SESSION_COOKIE_TOO_LARGE" || code === "ERR_SESSION_RECORD_TOO_LARGE";
}

/** Not by `instanceof`: a store may come from the other of this package's two builds. */
export function isSessionError(error: unknown): error is SessionError {
  return error instanceof Error && error.name === "SessionError" && "code" in error;
}

/** What the driver of a store has thrown, as an error that says so. */
export function storeFailed(cause: unknown): SessionError | WiringError {
  if (isSessionError(cause) || isWiringError(cause)) return cause;
  return new SessionError(
    "ERR_SESSION_STORE",
    "The session store failed; see the cause. Answer 503 and let the client try again.",
    { cause },
  );
}
