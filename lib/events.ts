import { toSessionError, type SessionError, type SessionErrorCode } from "./errors.js";
import type { RequestContext } from "./hattip.mjs" with { "resolution-mode": "import" };
import type { RejectionReason } from "./records/store.js";

/**
 * An event for security logs and monitoring: what `onEvent` gets. Events contain neither IDs nor data.
 *
 * - `fresh`: the client sent something that is not a valid session. `reason` says why. A client that
 *   sends nothing causes no event.
 * - `saved`: new or changed data has been written.
 * - `renewed`: only the expiry has been moved.
 * - `reissued`: a value that an old key had sealed has been sealed again by the first key.
 * - `merged`: another request had changed the session meanwhile. Changes to different keys were both
 *   kept; for the same key, the later change.
 * - `regenerated`, `destroyed`: the session has a new ID, or has ended.
 * - `gone`: this request came too late, because another one had moved the session to a new ID or
 *   ended it. The changes of this request were dropped, and it set no cookie.
 * - `binding-offered`, `bound`, `proved`: with `DeviceBinding`, the browser has been asked for a key of
 *   its device, has registered one, or has renewed its proof by a signature.
 * - `proof-refused`: a registration or a renewal that the session's device cannot have sent.
 * - `refresh-skipped`: a request had no proof, and its browser said why.
 * - `store-failed`: an operation of the store failed after so many milliseconds. `code` says why, and
 *   the `cause` of `error` is the error of the driver. Only `ERR_SESSION_STORE` means that the backend,
 *   or the source of the keys, has failed. `ERR_SESSION_USAGE` causes no event.
 *
 * @example
 * ```ts
 * function onEvent(event: SessionEvent) {
 *   if (event.type === "store-failed") console.error(event.code, event.error.cause);
 * }
 * ```
 */
export type SessionEvent =
  | { readonly type: "fresh"; readonly reason: RejectionReason }
  | {
      readonly type:
        "saved" | "renewed" | "reissued" | "merged" | "regenerated" | "destroyed" | "gone";
    }
  | { readonly type: "binding-offered" | "bound" | "proved" | "proof-refused" }
  | { readonly type: "refresh-skipped"; readonly reason: SkipReason }
  | {
      readonly type: "store-failed";
      readonly code: SessionErrorCode;
      readonly operation: SessionOperation;
      readonly milliseconds: number;
      readonly error: SessionError;
    };

/** Why a browser has not renewed its proof: the server, the network, or too many signatures. */
export type SkipReason = "server_error" | "unreachable" | "quota_exceeded";

/** What `session()` asks of the store. `save` includes renewals, `bind` all that a `DeviceBinding` needs. */
export type SessionOperation = "load" | "save" | "update" | "regenerate" | "destroy" | "bind";

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
