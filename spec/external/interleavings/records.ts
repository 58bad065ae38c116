import { createHash } from "node:crypto";
import type { SessionData } from "../../../lib/index.js";

/** `1.<created>.<expires>.<data>`, or `1.<second>.0.<hash of the successor>` for a tombstone. */
const RECORD = /^1\.(\d+)\.(\d+)\.(.*)$/s;

const PREFIX = "session:";

/** What the backend holds under a key. Times are seconds since 1970. */
export type Stored = StoredRecord | StoredTombstone;

export interface StoredRecord {
  readonly isTombstone: false;
  readonly created: number;
  readonly expires: number;
  readonly data: SessionData;
}

interface StoredTombstone {
  readonly isTombstone: true;
  /** When the session moved or ended. */
  readonly second: number;
  /** The key to which the session has moved; `null` if it has ended. */
  readonly successor: string | null;
}

export function decode(text: string): Stored {
  const [, created, expires, rest] = RECORD.exec(text)!;
  if (expires === "0") {
    const successor = rest === "" ? null : `${PREFIX}${rest}`;
    return { isTombstone: true, second: Number(created), successor };
  }
  return {
    isTombstone: false,
    created: Number(created),
    expires: Number(expires),
    data: rest === "" ? {} : JSON.parse(rest!),
  };
}

/** The key under which the backend holds the record of an ID. */
export function keyOf(id: string): string {
  return PREFIX + createHash("sha256").update(`session=${id}`).digest("base64url");
}
