import { dataPart, type Part } from "./parts.js";
import { toTime } from "./time-left.js";

/** The doc comment of ExternalStore says when a record is a draft, and that two kinds are tombstones. */
export type RecordKind = "record" | "draft" | "ended" | "moved" | "unreadable";

export interface RecordAnatomy {
  readonly kind: RecordKind;
  readonly parts: readonly Part[];
  /** What `DeviceBinding` keeps of the session. */
  readonly device?: DeviceAnatomy | undefined;
}

export interface DeviceAnatomy {
  /** The algorithm, and both ends of the public key; empty until a browser has registered one. */
  readonly key: string;
  /** When it was registered: seconds since 1970. */
  readonly since: number;
}

/** `1.<created>.<expires>.<data>`, in an external store or in an unsigned cookie. */
const RECORD = /^(draft )?(?:device=(\S+) )?1\.(\d+)\.(\d+)\.(.*)$/s;
/** `<secret>`, or `<secret>.<since>.<algorithm>.<key>` once there is a key. */
const DEVICE = /^([\w-]+)(?:\.(\d+)\.(\w+)\.(\S+))?$/;
/** What is left of a secret that is shown. */
const SHOWN = 4;
/** What session.lifetime has made of the data: `@<lifetime> <data>`. */
const OWN_LIFETIME = /^@(browser|\d+) (.*)$/s;

export function dissectRecord(record: string): RecordAnatomy {
  const match = RECORD.exec(record);
  if (match === null) return { kind: "unreadable", parts: [UNREADABLE] };
  const [, draft, binding, created, expires, rest = ""] = match;
  if (Number(expires) === 0) return tombstone(Number(created), rest);
  const [, secret, since, algorithm, key] = DEVICE.exec(binding ?? "") ?? [];
  const device = secret && { key: key ? `${algorithm} ${short(key)}` : "", since: Number(since) };
  return {
    kind: draft ? "draft" : "record",
    ...(device && { device }),
    parts: [
      ...dissectData("Data", rest),
      { name: "Created", value: toTime(Number(created)) },
      { name: "Expires", value: toTime(Number(expires)) },
      ...(device && secret ? deviceParts(device, secret) : []),
    ],
  };
}

function deviceParts({ key, since }: DeviceAnatomy, secret: string): Part[] {
  const parts = [{ name: "Device secret", value: `${hidden(secret)} (the demo hides the rest)` }];
  if (key === "") return parts;
  return [...parts, { name: "Device key", value: key }, { name: "Bound", value: toTime(since) }];
}

/**
 * The record without the secret of a bound session: on a page that others may see, or photograph, it
 * would let them make proofs for the cookie that stands beside it.
 */
export function withoutSecret(record: string): string {
  return record.replace(/(?<=^(?:draft )?device=)[\w-]+/, hidden);
}

function hidden(secret: string): string {
  return `${secret.slice(0, SHOWN)}…`;
}

function short(key: string): string {
  return `${key.slice(0, 6)}…${key.slice(-6)}`;
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
