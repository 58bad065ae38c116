/**
 * The codes of errors at run time. Codes are stable; messages are for people, and may change.
 *
 * - `ERR_SESSION_STORE`: the backend is down, does not answer or has refused the call, or the keys
 *   could not be loaded. `cause` has the reason.
 * - `ERR_SESSION_CONFLICT`: other requests changed the session at each attempt within the store's
 *   `timeout`; or one ended or moved the session for which `update()` or `regenerate()` was called; or
 *   one changed it before `regenerate()`, while this request has unsaved changes.
 * - `ERR_SESSION_DATA`: the data cannot be stored. If JSON cannot hold it, the message names the key.
 * - `ERR_SESSION_COOKIE_TOO_LARGE`: the cookie's name and value take more than 4096 bytes. Browsers
 *   would drop it.
 * - `ERR_SESSION_RECORD_TOO_LARGE`: the record takes more than the store's `maxBytes`.
 * - `ERR_SESSION_RESPONSE`: the response cannot carry the change, or has already been sent.
 * - `ERR_SESSION_USAGE`: a mistake in the app or the store that shows only when a request comes. The
 *   message says how to correct it.
 */
export type SessionErrorCode =
  | "ERR_SESSION_STORE"
  | "ERR_SESSION_CONFLICT"
  | "ERR_SESSION_DATA"
  | "ERR_SESSION_COOKIE_TOO_LARGE"
  | "ERR_SESSION_RECORD_TOO_LARGE"
  | "ERR_SESSION_RESPONSE"
  | "ERR_SESSION_USAGE";

/**
 * An error at run time, identified by its `code`. A mistake in the options of a constructor or of
 * `session()` is a plain `TypeError` instead.
 *
 * Its message contains neither IDs nor data.
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
  /** What has gone wrong. */
  readonly code: SessionErrorCode;

  constructor(code: SessionErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /**
   * For `instanceof`: an error of this package's other build (ESM or CommonJS) is a `SessionError`,
   * too. An app may get its store or its `session()` from there.
   */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, error)) return true;
    if (this !== SessionError || !(error instanceof Error)) return false;
    const { name, code } = error as Partial<SessionError>;
    return name === "SessionError" && typeof code === "string" && code.startsWith("ERR_SESSION_");
  }
}

/** For `regenerate()`: what this request has not saved must not go on top of another one's change. */
export function changedMeanwhile(): SessionError {
  return new SessionError(
    "ERR_SESSION_CONFLICT",
    "Another request changed the session, and this one has unsaved changes, made before regenerate() was done. Call and await regenerate() first, and change the data afterwards, or let the client try again.",
  );
}

/** Wraps an error of a store's driver; a `SessionError` passes unchanged. */
export function toSessionError(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  return new SessionError(
    "ERR_SESSION_STORE",
    "The session store failed; see the cause. Answer 503 and let the client try again.",
    { cause },
  );
}
