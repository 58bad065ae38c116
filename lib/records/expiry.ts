import type { Lifetime } from "../session.js";
import type { SessionRecord } from "./record.js";

/** The times that decide when a session ends, in seconds. */
export interface Timeouts {
  /** The longest time between two requests. */
  readonly idleTimeout: number;
  /** The longest time from the session's creation, or from its last `regenerate()`. */
  readonly absoluteTimeout: number;
  /** The longest time that the client keeps the ID or the sealed value without a renewal. */
  readonly clientLimit: number;
}

/** The clocks of two servers may differ by this much. */
export const CLOCK_SKEW_SECONDS = 60;

/** Seconds since 1970: the clock of this package. */
export function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * Whether the record is neither over nor from the future. This is the only place that enforces a
 * timeout.
 */
export function isAlive(
  { created, expires }: Omit<SessionRecord, "text">,
  absoluteTimeout: number,
): boolean {
  const now = currentSecond();
  return (
    now < expires &&
    now < created + absoluteTimeout &&
    created <= now + CLOCK_SKEW_SECONDS &&
    expires <= now + absoluteTimeout + CLOCK_SKEW_SECONDS
  );
}

/** The first second at which the session is over if no further request comes. */
export function expiryFor(created: number, lifetime: Lifetime, timeouts: Timeouts): number {
  const idleEnd = currentSecond() + idleTimeoutFor(lifetime, timeouts);
  return Math.min(idleEnd, created + timeouts.absoluteTimeout);
}

/** The idle timeout of a session with this lifetime, in seconds. */
export function idleTimeoutFor(lifetime: Lifetime, { idleTimeout, clientLimit }: Timeouts): number {
  return Math.min(typeof lifetime === "number" ? lifetime : idleTimeout, clientLimit);
}

/** @throws {TypeError} for a value that a session's own lifetime cannot have. */
export function assertLifetime(lifetime: Lifetime, absoluteTimeout: number): void {
  if (lifetime === undefined || lifetime === "browser") return;
  if (Number.isSafeInteger(lifetime) && lifetime >= 1 && lifetime <= absoluteTimeout) return;
  throw new TypeError(
    `session.lifetime must be a whole number of seconds from 1 to the absoluteTimeout (${absoluteTimeout}), "browser", or undefined.`,
  );
}
