export { session } from "./middleware/session.js";
export type { SessionOptions } from "./middleware/options.js";
export type { DefaultSessionData } from "./middleware/session-defaults.js";
export type { SessionCookieOptions } from "./middleware/session-cookie.js";
export type { Lifetime, Session, SessionData, SessionRecord } from "./record.js";
export type { SessionEvent } from "./events.js";
export { SessionError, type SessionErrorCode } from "./errors.js";
export type { Awaitable } from "./platform/awaitable.js";
export type {
  FreshReason,
  LoadedSession,
  SavedSession,
  SessionStore,
  StoreScope,
  UpdatedSession,
} from "./store.js";
export type { SerializationOptions } from "./base-store.js";
export { CookieStore, type Unsealed } from "./cookie/cookie-store.js";
export {
  UnsignedCookieStore,
  UnsignedCookieStore as SimpleCookieStore,
} from "./cookie/unsigned-cookie-store.js";
export { SignedCookieStore } from "./cookie/signed-cookie-store.js";
export { EncryptedCookieStore } from "./cookie/encrypted-cookie-store.js";
export type { Keys } from "./cookie/keyed-cookie-store.js";
export { ExternalStore } from "./external/external-store.js";
export type { ExternalStoreOptions } from "./external/external-store-options.js";
export {
  UnsafeMemoryStore,
  UnsafeMemoryStore as UnsafeMemorySessionStore,
} from "./external/unsafe-memory-store.js";
export {
  RedisSessionStore,
  type RedisSessionStoreOptions,
} from "./external/redis-session-store.js";
export type { RedisClient } from "./external/redis-client.js";
export type { GetRedisClient } from "./external/redis-drivers.js";
export {
  KvSessionStore,
  type KvNamespace,
  type KvSessionStoreOptions,
} from "./external/kv-session-store.js";
