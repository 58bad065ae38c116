import type { SessionErrorCode } from "./errors.js";
import type { FreshReason } from "./store.js";

/**
 * What security and operations may want to know. Without IDs and without data.
 *
 * - `fresh`: the client sent something that is no session, for this reason. Nothing is told of clients that sent nothing.
 * - `saved`: new or changed data have been written.
 * - `renewed`: only the expiry has been moved.
 * - `reissued`: a value sealed by an old key has been replaced by one under the first key.
 * - `merged`: another request had changed the session meanwhile, and both changes were kept.
 * - `regenerated`, `destroyed`: done.
 * - `gone`: the session ended beside this request, whose change was dropped.
 * - `store-failed`: the store failed while loading or writing.
 */
export type SessionEvent =
  | { readonly type: "fresh"; readonly reason: FreshReason }
  | {
      readonly type:
        "saved" | "renewed" | "reissued" | "merged" | "regenerated" | "destroyed" | "gone";
    }
  | { readonly type: "store-failed"; readonly code: SessionErrorCode };
