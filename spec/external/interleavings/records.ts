import { createHash } from "node:crypto";
import type { SessionData } from "../../../lib/index.js";

/**
 * `1.<created>.<expires>.<data>`, with `draft ` before it for the new record of a session that has not
 * moved yet, and `device=<binding> ` if devices are bound; or `1.<second>.0.<hash of the successor>` for
 * a tombstone.
 */
const RECORD = /^(draft )?(?:device=(\S+) )?1\.(\d+)\.(\d+)\.(.*)$/s;

const PREFIX = "session:";

/** What the backend holds under a key. Times are seconds since 1970. */
export type Stored = StoredRecord | StoredTombstone;

export interface StoredRecord {
  readonly isTombstone: false;
  readonly isDraft: boolean;
  readonly created: number;
  readonly expires: number;
  readonly data: SessionData;
  readonly binding: string | undefined;
}

interface StoredTombstone {
  readonly isTombstone: true;
  /** When the session moved or ended. */
  readonly second: number;
  /** The key to which the session has moved; `null` if it has ended. */
  readonly successor: string | null;
}

export function decode(text: string): Stored {
  const [, draft, binding, created, expires, rest] = RECORD.exec(text)!;
  if (expires === "0") {
    const successor = rest === "" ? null : `${PREFIX}${rest}`;
    return { isTombstone: true, second: Number(created), successor };
  }
  return {
    isTombstone: false,
    isDraft: draft !== undefined,
    created: Number(created),
    expires: Number(expires),
    data: rest === "" ? {} : JSON.parse(rest!),
    binding,
  };
}

/** The key under which the backend holds the record of an ID. */
export function keyOf(id: string): string {
  return PREFIX + hash(`session=${id}`);
}

/** The key of the session that an app knows by this ID. */
export function keyWithId(publicId: string): string {
  return PREFIX + publicId;
}

/** What an app gets as the ID of the session under this key. */
export function publicIdOf(key: string): string {
  return key.slice(PREFIX.length);
}

/** The key of an owner's index. */
export function indexKeyOf(owner: string): string {
  return `${PREFIX}owner:${hash(`owner=${owner}`)}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
