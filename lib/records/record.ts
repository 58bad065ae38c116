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
  /** What `DeviceBinding` keeps of the session. A change of the data leaves it as it is. */
  readonly binding?: string | undefined;
}

/** Whether both are the same state of one record. Its `created` never changes. */
export function isSameRecord(a: SessionRecord, b: SessionRecord): boolean {
  return a.text === b.text && a.expires === b.expires && a.binding === b.binding;
}

/**
 * The record as text that a person can read: `1.<created>.<expires>.<data>`, where 1 is the version of
 * the format, and the times are decimal seconds since 1970. Before it may stand `draft `, and then
 * `device=<binding> `. Each record has exactly one such text, so that backends can compare records as
 * text.
 */
export function encodeRecord({ text, created, expires, isDraft, binding }: SessionRecord): string {
  const device = binding === undefined ? "" : `device=${binding} `;
  return `${isDraft ? "draft " : ""}${device}1.${created}.${expires}.${text}`;
}

const RECORD = /^(draft )?(?:device=(\S+) )?1\.(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})\./;

/** `null` for text that `encodeRecord` does not write. */
export function decodeRecord(encoded: string): SessionRecord | null {
  const match = RECORD.exec(encoded);
  return (
    match && {
      text: encoded.slice(match[0].length),
      created: Number(match[3]),
      expires: Number(match[4]),
      ...(match[1] && { isDraft: true }),
      ...(match[2] && { binding: match[2] }),
    }
  );
}
