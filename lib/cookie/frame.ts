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
  const view = viewOf(frame);
  view.setUint8(0, kind.byte);
  view.setUint32(1, keyId);
  view.setUint32(5, created);
  view.setUint32(9, expires);
}

/** Reads the header of a frame whose length the caller has checked. */
export function readHeader(frame: Uint8Array): Header {
  const view = viewOf(frame);
  return { keyId: view.getUint32(1), created: view.getUint32(5), expires: view.getUint32(9) };
}

/** Whether the first byte is that of a signed or encrypted value. */
export function isSealed(frame: Uint8Array): boolean {
  return frame[0] === SIGNED_V1.byte || frame[0] === ENCRYPTED_V1.byte;
}

/** For big-endian numbers in the bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
