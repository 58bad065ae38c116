import { createHash } from "node:crypto";
import { isExternal, type StoreName } from "./stores.js";

/** The parts of a cookie that are readable without a key. */
export interface Anatomy {
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly times?: Times;
}

/** Seconds since 1970. */
export interface Times {
  readonly created: number;
  readonly expires: number;
}

/** The doc comments of the stores describe the wire formats. */
export function dissect(store: StoreName, value: string): Anatomy {
  if (isExternal(store)) return { facts: [["Random ID", `${value.length} characters, 256 bits`]] };
  const bytes = Buffer.from(value, "base64url");
  if (store === "unsigned") return dissectRecord(bytes.toString());
  if (bytes.length < 13)
    return { facts: [["Unreadable", "The value does not have this store's format."]] };
  const times = { created: bytes.readUInt32BE(5), expires: bytes.readUInt32BE(9) };
  const header = [
    ["Key ID", bytes.toString("hex", 1, 5)],
    ["Created", toTime(times.created)],
    ["Expires", toTime(times.expires)],
  ] as const;
  const body =
    store === "signed"
      ? ([
          ["Data", bytes.toString("utf8", 13, bytes.length - 16)],
          ["Signature", bytes.toString("hex", bytes.length - 16)],
        ] as const)
      : ([
          ["Nonce", bytes.toString("hex", 13, 25)],
          ["Data", `${Math.max(0, bytes.length - 41)} bytes, which only the server can read`],
        ] as const);
  return { facts: [...header, ...body], times };
}

/** `1.<created>.<expires>.<data>`: a record in an external store, or in an unsigned cookie. */
export function dissectRecord(record: string): Anatomy {
  const match = /^1\.(\d+)\.(\d+)\.(.*)$/s.exec(record);
  if (match === null)
    return { facts: [["Unreadable", "The value does not have this store's format."]] };
  const times = { created: Number(match[1]), expires: Number(match[2]) };
  return {
    facts: [
      ["Created", toTime(times.created)],
      ["Expires", toTime(times.expires)],
      ["Data", match[3]!],
    ],
    times,
  };
}

/** The key of a session ID in the backend of an external store. */
export function backendKey(cookieName: string, id: string): string {
  return `session:${createHash("sha256").update(`${cookieName}=${id}`).digest("base64url")}`;
}

function toTime(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
