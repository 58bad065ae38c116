import { createHash } from "node:crypto";

/** A session is over so many seconds after its last request: longer than a round takes. */
export const IDLE_TIMEOUT_SECONDS = 30;

/** An entry of the index lives so much longer than its session, for clocks that differ. */
const CLOCK_SKEW_SECONDS = 60;

/** A process that is suspended meets a session that lives longer than its suspension. */
export const LONG_LIFETIME_SECONDS = 120;

export const LONGEST_ENTRY_SECONDS = LONG_LIFETIME_SECONDS + CLOCK_SKEW_SECONDS;

/** The key of a session's record. */
export function keyOfCookie(cookie: string): string {
  return keyOfId(createHash("sha256").update(`session=${cookie}`).digest("base64url"));
}

/** @param id `ctx.session.id` */
export function keyOfId(id: string): string {
  return `session:${id}`;
}

/** The key of an owner's index. */
export function keyOfOwner(owner: string): string {
  return `session:owner:${createHash("sha256").update(`owner=${owner}`).digest("base64url")}`;
}
