export const IDLE_TIMEOUT_SECONDS = 1000;
/** How long a tombstone lives: for so long, a destroy() follows a session that has moved. */
export const TOMBSTONE_TTL_SECONDS = 60;
/** After a move, a request with the old ID counts as late for so long. */
export const LATE_SECONDS = 10;
/** An entry of an owner's index lives so much longer than its record. */
export const CLOCK_SKEW_SECONDS = 60;

/** Seconds since 1970. */
export function currentSecond(): number {
  return Math.floor(Date.now() / 1000);
}
