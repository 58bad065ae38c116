// What the site shows, in this order. The build fails if a page of docs/ or an export is missing here.

/** The pages of each section. The address of a page comes from the name of its file. */
export const PAGES = {
  Start: [
    "README.md",
    "docs/typescript.md",
    "docs/express.md",
    "docs/frameworks.md",
    "docs/testing.md",
    "docs/troubleshooting.md",
  ],
  "The session": [
    "docs/options.md",
    "docs/log-in.md",
    "docs/concurrency.md",
    "docs/errors.md",
    "docs/security.md",
    "docs/device-binding.md",
  ],
  "In production": [
    "docs/deploying.md",
    "docs/keys.md",
    "docs/redis.md",
    "docs/performance.md",
    "docs/performance-appendix.md",
  ],
  "Stores of your own": [
    "docs/writing-a-store.md",
    "docs/testing-a-store.md",
    "docs/writing-a-cookie-store.md",
  ],
  "Moving here": [
    "docs/coming-from-0.0.49.md",
    "docs/coming-from-express-session.md",
    "docs/coming-from-cookie-session.md",
    "docs/coming-from-iron-session.md",
    "docs/coming-from-react-router.md",
  ],
  "The project": ["CHANGELOG.md", "docs/regressions.md"],
};

/** Pages whose first heading does not say what they are. */
export const TITLES = { "README.md": "Introduction" };

/** The exports of each module, by what a reader looks for. */
export const EXPORTS = {
  "@hattip/session": {
    Middleware: [
      "session",
      "SessionOptions",
      "SessionCookieOptions",
      "Session",
      "SessionData",
      "DefaultSessionData",
      "Lifetime",
      "SessionMiddleware",
      "DeviceBinding",
      "DeviceBindingOptions",
    ],
    "Cookie stores": [
      "EncryptedCookieStore",
      "SignedCookieStore",
      "UnsignedCookieStore",
      "SimpleCookieStore",
      "Keys",
      "SessionKey",
      "SerializationOptions",
    ],
    "External stores": [
      "RedisSessionStore",
      "RedisSessionStoreOptions",
      "GetRedisClient",
      "RedisClient",
      "KvSessionStore",
      "KvSessionStoreOptions",
      "KvNamespace",
      "UnsafeMemoryStore",
      "UnsafeMemorySessionStore",
      "ExternalStoreOptions",
      "OwnedSession",
    ],
    "Errors and events": [
      "SessionError",
      "SessionErrorCode",
      "SessionEvent",
      "SessionOperation",
      "SkipReason",
      "RejectionReason",
    ],
    "For store authors": [
      "ExternalStore",
      "Insertion",
      "Replacement",
      "BackendCall",
      "CookieStore",
      "SessionRecord",
      "Unsealed",
      "SessionScope",
      "SessionStore",
      "Awaitable",
    ],
  },
  "@hattip/session/testing": {
    Contracts: [
      "externalStoreContract",
      "ExternalStoreContractOptions",
      "cookieStoreContract",
      "CookieStoreContractOptions",
      "TestRunner",
    ],
    "Hooks of a store": ["externalHooksOf", "Backend", "cookieHooksOf", "CookieStoreHooks"],
  },
};

/** The pages that explain an export, to which its page links. */
export const GUIDES = {
  session: ["README.md", "docs/options.md"],
  SessionOptions: ["docs/options.md"],
  Session: ["docs/options.md", "docs/log-in.md", "docs/concurrency.md"],
  SessionData: ["docs/typescript.md"],
  EncryptedCookieStore: ["README.md#which-store", "docs/keys.md"],
  SignedCookieStore: ["README.md#which-store", "docs/keys.md"],
  UnsignedCookieStore: ["README.md#which-store"],
  RedisSessionStore: ["README.md#which-store", "docs/redis.md"],
  KvSessionStore: ["README.md#which-store", "docs/deploying.md"],
  UnsafeMemoryStore: ["docs/testing.md"],
  DeviceBinding: ["docs/device-binding.md"],
  SkipReason: ["docs/device-binding.md#roll-it-out"],
  DeviceBindingOptions: ["docs/device-binding.md#switch-it-on"],
  SessionError: ["docs/errors.md"],
  SessionEvent: ["docs/errors.md"],
  ExternalStore: ["docs/writing-a-store.md", "docs/testing-a-store.md"],
  CookieStore: ["docs/writing-a-cookie-store.md"],
  externalStoreContract: ["docs/testing-a-store.md"],
  cookieStoreContract: ["docs/writing-a-cookie-store.md", "docs/testing-a-store.md"],
};
