import { isExternal, type StoreName } from "./stores.js";

/** The parts of a cookie that are readable without a key. */
export interface Anatomy {
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** The doc comments of the stores describe the wire formats. */
export function dissect(store: StoreName, value: string): Anatomy {
  if (isExternal(store)) return { facts: [["Random ID", `${value.length} characters, 256 bits`]] };
  const bytes = Buffer.from(value, "base64url");
  if (store === "unsigned") return dissectRecord(bytes.toString());
  if (bytes.length < 13)
    return { facts: [["Unreadable", "The value does not have this store's format."]] };
  const header = [
    ["Key ID", bytes.toString("hex", 1, 5)],
    ["Created", toTime(bytes.readUInt32BE(5))],
    ["Expires", toTime(bytes.readUInt32BE(9))],
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
  return { facts: [...header, ...body] };
}

/** `1.<created>.<expires>.<data>`: a record in an external store, or in an unsigned cookie. */
export function dissectRecord(record: string): Anatomy {
  const match = /^1\.(\d+)\.(\d+)\.(.*)$/s.exec(record);
  if (match === null)
    return { facts: [["Unreadable", "The value does not have this store's format."]] };
  return {
    facts: [
      ["Created", toTime(Number(match[1]))],
      ["Expires", toTime(Number(match[2]))],
      ["Data", match[3]!],
    ],
  };
}

export function toTime(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
