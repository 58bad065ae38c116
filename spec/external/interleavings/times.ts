export const IDLE_TIMEOUT_SECONDS = 1000;
/** How long a tombstone lives: for so long, a destroy() follows a session that has moved. */
export const TOMBSTONE_TTL_SECONDS = 60;
/** After a move, a request with the old ID counts as late for so long. */
export const LATE_SECONDS = 10;
/** An entry of an owner's index lives so much longer than its record. */
export const CLOCK_SKEW_SECONDS = 60;

/** Requests without a proof may be under way for so long after the registration of a key. */
export const GRACE_SECONDS = 10;
/** A browser answers a challenge within this time. */
export const CHALLENGE_SECONDS = 60;
/** How long a proof lives: longer than a run. */
export const PROOF_SECONDS = 86_400;

/** Seconds since 1970. */
export function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}
