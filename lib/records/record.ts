/** A session as a store reads and writes it. */
export interface SessionRecord {
  /**
   * The data as the store's `stringify` has written it, after the session's own lifetime if it has
   * one.
   */
  readonly text: string;
  /** When the session began, or was last moved: seconds since 1970. */
  readonly created: number;
  /** The first second at which the session is over: seconds since 1970. */
  readonly expires: number;
  /**
   * Whether this is the record under the new ID of a session that is being moved. Until its request
   * has made the old one a tombstone and removed this mark, no client knows the ID.
   */
  readonly isDraft?: boolean;
}

/** Whether both are the same state of one record. Its `created` never changes. */
export function isSameRecord(a: SessionRecord, b: SessionRecord): boolean {
  return a.text === b.text && a.expires === b.expires;
}

/**
 * The record as text that a person can read: `1.<created>.<expires>.<data>`, where 1 is the version of
 * the format, and the times are decimal seconds since 1970. A draft has `draft ` before it. Each record
 * has exactly one such text, so that backends can compare records as text.
 */
export function encodeRecord({ text, created, expires, isDraft }: SessionRecord): string {
  return `${isDraft ? "draft " : ""}1.${created}.${expires}.${text}`;
}

const RECORD = /^(draft )?1\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\./;

/** `null` for text that `encodeRecord` does not write. */
export function decodeRecord(encoded: string): SessionRecord | null {
  const match = RECORD.exec(encoded);
  return (
    match && {
      text: encoded.slice(match[0].length),
      created: Number(match[2]),
      expires: Number(match[3]),
      ...(match[1] && { isDraft: true }),
    }
  );
}
