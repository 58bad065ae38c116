import { currentSecond } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";

/**
 * How long a tombstone stays: longer than a request may have been under way when its session moved
 * or ended.
 */
export const TOMBSTONE_TTL_SECONDS = 60;
/**
 * How long a request with the old ID counts as late. A browser that still sends it afterwards never
 * got the new cookie, and must be able to log in again.
 */
const LATE_SECONDS = 10;

/**
 * The record that replaces one whose session has moved or ended. As a record, it expired in 1970.
 *
 * @param successor - The hash of the session's new ID; empty if the session has ended.
 */
export function tombstone(successor = ""): SessionRecord {
  return { text: successor, created: currentSecond(), expires: 0 };
}

export function isTombstone({ expires }: SessionRecord): boolean {
  return expires === 0;
}

/**
 * The hash of the ID to which the session has moved; `null` if the record is no such tombstone. A
 * backend may still have it after its time to live.
 */
export function successorIn(record: SessionRecord): string | null {
  const { text, created } = record;
  const isMove = isTombstone(record) && text !== "";
  return isMove && currentSecond() < created + TOMBSTONE_TTL_SECONDS ? text : null;
}

/** Whether the session has moved so recently that a request with the old ID may just be late. */
export function hasJustMoved(record: SessionRecord): boolean {
  return successorIn(record) !== null && currentSecond() < record.created + LATE_SECONDS;
}
