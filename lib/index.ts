/**
 * The middleware, the stores, and the base classes for a store of your own.
 *
 * @module @hattip/session
 */

export { session, type SessionMiddleware } from "./middleware/session.js";
export type { SessionOptions } from "./middleware/options.js";
export type { DefaultSessionData } from "./middleware/default-data.js";
export type { SessionCookieOptions } from "./middleware/session-cookie.js";
export type { Lifetime, Session, SessionData } from "./session.js";
export type { SessionEvent, SessionOperation, SkipReason } from "./events.js";
export { SessionError, type SessionErrorCode } from "./errors.js";
export type { Awaitable } from "./platform/awaitable.js";
export type { SessionRecord } from "./records/record.js";
export type { SerializationOptions } from "./records/session-codec.js";
export type { RejectionReason, SessionScope, SessionStore } from "./records/store.js";
export { DeviceBinding, type DeviceBindingOptions } from "./device-binding/device-binding.js";
export { CookieStore, type Unsealed } from "./cookie/cookie-store.js";
export {
  UnsignedCookieStore,
  UnsignedCookieStore as SimpleCookieStore,
} from "./cookie/unsigned-cookie-store.js";
export { SignedCookieStore } from "./cookie/signed-cookie-store.js";
export { EncryptedCookieStore } from "./cookie/encrypted-cookie-store.js";
export type { Keys, SessionKey } from "./cookie/keyed-cookie-store.js";
export { ExternalStore } from "./external/external-store.js";
export type { OwnedSession } from "./external/owned-sessions.js";
export type { ExternalStoreOptions } from "./external/options.js";
export type { BackendCall, Insertion, Replacement } from "./external/backend-hooks.js";
export {
  UnsafeMemoryStore,
  UnsafeMemoryStore as UnsafeMemorySessionStore,
} from "./external/unsafe-memory-store.js";
export {
  RedisSessionStore,
  type RedisSessionStoreOptions,
} from "./external/redis/redis-session-store.js";
export type { GetRedisClient, RedisClient } from "./external/redis/client.js";
export {
  KvSessionStore,
  type KvNamespace,
  type KvSessionStoreOptions,
} from "./external/kv-session-store.js";
