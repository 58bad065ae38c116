import type { SessionErrorCode } from "./errors.js";
import type { FreshReason } from "./store.js";

/**
 * What security and operations may want to know. Without IDs and without data.
 *
 * - `fresh`: the client sent something that is not a valid session, for this reason. Clients that
 *   sent nothing cause no event.
 * - `saved`: new or changed data have been written.
 * - `renewed`: only the expiry has been moved.
 * - `reissued`: a value sealed by an old key has been replaced by one under the first key.
 * - `merged`: another request had changed the session meanwhile. Changes to different keys were
 *   kept; of the same key, the later one.
 * - `regenerated`, `destroyed`: done.
 * - `gone`: the session ended while this request was running, and its change was dropped.
 * - `store-failed`: loading or writing failed; the code says why. Only `ERR_SESSION_STORE` means
 *   that the backend did, or what provides the keys.
 */
export type SessionEvent =
  | { readonly type: "fresh"; readonly reason: FreshReason }
  | {
      readonly type:
        "saved" | "renewed" | "reissued" | "merged" | "regenerated" | "destroyed" | "gone";
    }
  | { readonly type: "store-failed"; readonly code: SessionErrorCode };
