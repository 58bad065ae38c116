import type { Part } from "./parts.js";
import { dissectData, dissectRecord, UNREADABLE } from "./record-anatomy.js";
import { isExternal, type StoreName } from "./stores.js";
import { toTime } from "./time-left.js";

/** The parts of a cookie that are readable without a key. The stores' doc comments have the formats. */
export function dissect(store: StoreName, value: string): readonly Part[] {
  if (isExternal(store)) return [];
  const bytes = Buffer.from(value, "base64url");
  if (store === "unsigned") return dissectRecord(bytes.toString()).parts;
  // A header of 13 bytes, and at least a signature or a tag of 16.
  if (bytes.length < 29) return [UNREADABLE];
  const header = [
    { name: "Created", value: toTime(bytes.readUInt32BE(5)) },
    { name: "Expires", value: toTime(bytes.readUInt32BE(9)) },
    { name: "Key ID", value: bytes.toString("hex", 1, 5) },
  ];
  if (store === "signed") {
    return [
      ...dissectData("Data", bytes.toString("utf8", 13, bytes.length - 16)),
      ...header,
      { name: "Signature", value: bytes.toString("hex", bytes.length - 16) },
    ];
  }
  const length = Math.max(0, bytes.length - 41);
  return [
    { name: "Data", value: `${length} bytes, which only the server can read` },
    ...header,
    { name: "Nonce", value: bytes.toString("hex", 13, 25) },
  ];
}
