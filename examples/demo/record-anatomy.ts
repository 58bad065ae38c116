import { dataPart, type Part } from "./parts.js";
import { toTime } from "./time-left.js";

/** The doc comment of ExternalStore says when a record is a draft, and that two kinds are tombstones. */
export type RecordKind = "record" | "draft" | "ended" | "moved" | "unreadable";

export interface RecordAnatomy {
  readonly kind: RecordKind;
  readonly parts: readonly Part[];
}

/** `1.<created>.<expires>.<data>`, in an external store or in an unsigned cookie. */
const RECORD = /^(draft )?1\.(\d+)\.(\d+)\.(.*)$/s;
/** What session.lifetime has made of the data: `@<lifetime> <data>`. */
const OWN_LIFETIME = /^@(browser|\d+) (.*)$/s;

export function dissectRecord(record: string): RecordAnatomy {
  const match = RECORD.exec(record);
  if (match === null) return { kind: "unreadable", parts: [UNREADABLE] };
  const [, draft, created, expires, rest = ""] = match;
  if (Number(expires) === 0) return tombstone(Number(created), rest);
  return {
    kind: draft ? "draft" : "record",
    parts: [
      ...dissectData("Data", rest),
      { name: "Created", value: toTime(Number(created)) },
      { name: "Expires", value: toTime(Number(expires)) },
    ],
  };
}

/** The data, and how long the session lives if it has a lifetime of its own. */
export function dissectData(name: string, text: string): Part[] {
  const [, lifetime, data = text] = OWN_LIFETIME.exec(text) ?? [];
  const parts = [dataPart(name, data)];
  if (lifetime === undefined) return parts;
  const value =
    lifetime === "browser" ? "until the browser closes (@browser)" : `${lifetime} seconds`;
  return [...parts, { name: "Lifetime", value }];
}

export const UNREADABLE: Part = {
  name: "Unreadable",
  value: "The value does not have this store's format.",
};

/** @param successor - The hash of the session's new ID; empty if the session has ended. */
function tombstone(second: number, successor: string): RecordAnatomy {
  const time = toTime(second);
  if (successor === "") return { kind: "ended", parts: [{ name: "Ended", value: time }] };
  const parts = [
    { name: "Moved", value: time },
    { name: "Hash of the new ID", value: successor },
  ];
  return { kind: "moved", parts };
}
