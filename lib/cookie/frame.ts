import type { SessionRecord } from "../record.js";

/**
 * The bytes that open every sealed value, all of them authenticated, numbers big-endian:
 *
 * | bytes | what | the threat that it answers |
 * | --- | --- | --- |
 * | 0 | kind and version | a value of another kind of store, or of a weaker version, is taken for this one |
 * | 1–4 | key ID | trying all keys: work for an attacker to cause, and two keys that open one value |
 * | 5–8 | created, seconds since 1970 | a session that is renewed for ever |
 * | 9–12 | expires, seconds since 1970 | a copied cookie that stays good although the browser's has expired |
 */
export const HEADER_BYTES = 13;

/** A kind of sealed value, and its version. */
export interface Kind {
  /**
   * The first byte. Chosen so that signed values begin with S and encrypted ones with E;
   * the low bits are the version.
   */
  readonly byte: number;
  /** The same in words, for what keys are derived with. */
  readonly purpose: readonly [name: string, version: string];
}
export const SIGNED_V1: Kind = { byte: 0x49, purpose: ["signed", "1"] };
export const ENCRYPTED_V1: Kind = { byte: 0x11, purpose: ["encrypted", "1"] };

/** What follows the first byte. */
export interface Header extends Omit<SessionRecord, "text"> {
  readonly keyId: number;
}

export function writeHeader(
  frame: Uint8Array,
  kind: Kind,
  keyId: number,
  { created, expires }: SessionRecord,
): void {
  frame[0] = kind.byte;
  writeUint32(frame, 1, keyId);
  writeUint32(frame, 5, created);
  writeUint32(frame, 9, expires);
}

/** The caller has checked the length. */
export function readHeader(frame: Uint8Array): Header {
  return {
    keyId: readUint32(frame, 1),
    created: readUint32(frame, 5),
    expires: readUint32(frame, 9),
  };
}

/** Whether these are the bytes of a signed or encrypted value, as far as the first one tells. */
export function isSealed(frame: Uint8Array): boolean {
  return frame[0] === SIGNED_V1.byte || frame[0] === ENCRYPTED_V1.byte;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  const signed =
    (bytes[offset]! << 24) |
    (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!;
  return signed >>> 0;
}
