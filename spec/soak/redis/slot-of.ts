import { createHash } from "node:crypto";
import type { RequestKind } from "./figures.js";

/** `undefined` if the request needs a record whose ID is not known before. */
export function slotOfRequest(kind: RequestKind, cookie: string): number | undefined {
  if (kind === "begin" || kind === "login") return undefined;
  return slotOf(`session:${createHash("sha256").update(cookie).digest("base64url")}`);
}

/** The slot of a key in a Redis Cluster: its CRC16. The keys of sessions have no hash tag. */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % 16_384;
}
