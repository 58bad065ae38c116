import { toSessionError, type SessionError, type SessionErrorCode } from "./errors.js";
import type { RequestContext } from "./hattip.mjs" with { "resolution-mode": "import" };
import type { RejectionReason } from "./records/store.js";

/**
 * An event for security logs and monitoring. Events contain neither IDs nor data.
 *
 * - `fresh`: the client sent something that is not a valid session, for this reason. A client that
 *   sends nothing causes no event.
 * - `saved`: new or changed data have been written.
 * - `renewed`: only the expiry has been moved.
 * - `reissued`: a value sealed by an old key has been replaced by one under the first key.
 * - `merged`: another request had changed the session meanwhile. Changes to different keys were
 *   both kept; of the same key, the later change.
 * - `regenerated`, `destroyed`: the session has a new ID, or has ended.
 * - `gone`: another request moved the session to a new ID, or ended it, so that this one came too
 *   late. Its changes were dropped, and it set no cookie.
 * - `store-failed`: an operation failed after so many milliseconds; the code says why, and the
 *   error's `cause` is the error of the driver. Only `ERR_SESSION_STORE` means that the backend failed,
 *   or the source of the keys. `ERR_SESSION_USAGE` causes no event.
 */
export type SessionEvent =
  | { readonly type: "fresh"; readonly reason: RejectionReason }
  | {
      readonly type:
        "saved" | "renewed" | "reissued" | "merged" | "regenerated" | "destroyed" | "gone";
    }
  | {
      readonly type: "store-failed";
      readonly code: SessionErrorCode;
      readonly operation: SessionOperation;
      readonly milliseconds: number;
      readonly error: SessionError;
    };

/** What a request asks of the store. `save` includes renewals. */
export type SessionOperation = "load" | "save" | "update" | "regenerate" | "destroy";

export type Emit = (event: SessionEvent, ctx: RequestContext) => void;

/**
 * Emits an error, and returns it as a `SessionError`. A mistake of the app is not a failure of its
 * store.
 *
 * @param beginMs - When the operation began, by performance.now().
 */
export function reported(
  cause: unknown,
  operation: SessionOperation,
  beginMs: number,
  emit: Emit | undefined,
  ctx: RequestContext,
): SessionError {
  const error = toSessionError(cause);
  const { code } = error;
  const milliseconds = Math.round(performance.now() - beginMs);
  if (code !== "ERR_SESSION_USAGE") {
    emit?.({ type: "store-failed", code, operation, milliseconds, error }, ctx);
  }
  return error;
}
