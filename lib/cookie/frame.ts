import type { SessionRecord } from "../records/record.js";

/**
 * The header of every sealed value. All of it is authenticated; numbers are big-endian.
 *
 * | bytes | content | the attack that it prevents |
 * | --- | --- | --- |
 * | 0 | kind and version | a value of another kind of store, or of a weaker version, is accepted |
 * | 1–4 | key ID | a client causes the work of trying every key; one value opens under two keys |
 * | 5–8 | created, seconds since 1970 | a session is renewed for ever |
 * | 9–12 | expires, seconds since 1970 | a stolen cookie stays valid although the browser's copy has expired |
 */
export const HEADER_BYTES = 13;

/** A kind of sealed value, and its version. */
export interface Kind {
  /**
   * The first byte of the value. In base64url, signed values begin with S and encrypted ones with
   * E; the low bits are the version.
   */
  readonly byte: number;
  /** The kind in words, for the derivation of subkeys. */
  readonly purpose: readonly [name: string, version: string];
}
export const SIGNED_V1: Kind = { byte: 0x49, purpose: ["signed", "1"] };
export const ENCRYPTED_V1: Kind = { byte: 0x11, purpose: ["encrypted", "1"] };

/** The header without its first byte. */
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

/** Reads the header of a frame whose length the caller has checked. */
export function readHeader(frame: Uint8Array): Header {
  return {
    keyId: readUint32(frame, 1),
    created: readUint32(frame, 5),
    expires: readUint32(frame, 9),
  };
}

/** Whether the first byte is that of a signed or encrypted value. */
export function isSealed(frame: Uint8Array): boolean {
  return frame[0] === SIGNED_V1.byte || frame[0] === ENCRYPTED_V1.byte;
}

/** Reads a big-endian number. (A DataView for each frame would cost more than its three numbers.) */
export function readUint32(bytes: Uint8Array, at: number): number {
  // >>> 0, because the operators before it give a negative number if the first bit is set.
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
