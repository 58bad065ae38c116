/** The contenders for each kind of session. The first one is this package, except for `nothing`. */
export const FIELDS = {
  nothing: ["nothing", "nothing-express", "nothing-fastify"],
  signed: [
    "hattip-session",
    "floor",
    "cookie-session",
    "react-router",
    "hono-cookies",
    "hattip-session-0.0.49",
    "hattip-session-web-crypto",
  ],
  encrypted: [
    "hattip-session",
    "floor",
    "fastify-secure-session",
    "iron-session",
    "h3",
    "hono-sessions",
    "hattip-session-0.0.49",
    "hattip-session-web-crypto",
  ],
  unsigned: ["hattip-session", "floor", "cookie-session", "react-router", "hattip-session-0.0.49"],
  memory: [
    "hattip-session",
    "floor",
    "express-session",
    "fastify-session",
    "react-router",
    "hono-sessions",
    "hattip-session-0.0.49",
  ],
  redis: ["hattip-session", "floor", "express-session", "fastify-session", "hattip-session-0.0.49"],
};

/** The contenders that are this package in another version or environment, or no library at all. */
export const OURS = "hattip-session";
export const FLOOR = "floor";
export const OURS_ON_WEB_CRYPTO = "hattip-session-web-crypto";
export const NO_PEERS = [OURS, FLOOR, OURS_ON_WEB_CRYPTO, "hattip-session-0.0.49"];

/** The contenders that use Web Crypto. */
export const ON_WEB_CRYPTO = [
  "react-router",
  "hono-cookies",
  "hattip-session-0.0.49",
  "iron-session",
  "h3",
  "hono-sessions",
];

/** With this many requests in flight, the connection to Redis and the threads of Web Crypto are busy. */
export const BUSY = 64;

/**
 * The cases that every contender of a kind runs. Those with many requests in flight come first: they
 * are the fastest way to have the JIT compile everything.
 */
export function casesOf(kind) {
  const anonymous = { action: "anonymous", size: "none", inFlight: 1 };
  if (kind === "nothing") return [anonymous];
  const loads = [
    ["small", BUSY],
    ...(kind === "redis" ? [["medium", BUSY]] : []),
    ["small", 1],
    ["medium", 1],
  ];
  const sessions = loads.flatMap(([size, inFlight]) =>
    ["read", "write"].map((action) => ({ action, size, inFlight })),
  );
  return [...sessions, anonymous];
}

export function nameOf({ action, size, inFlight }) {
  return action === "anonymous" ? "anonymous" : `${action} ${size} ${inFlight}`;
}
