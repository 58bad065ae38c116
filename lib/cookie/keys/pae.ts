import { encodeUtf8 } from "../../platform/bytes.js";
import { writeUint32 } from "../frame.js";

/**
 * Pre-authentication encoding (PAE), as in PASETO: the number of pieces and the length of each piece
 * precede them, so that ("ab", "c") and ("a", "bc") give different bytes (CVE-2026-6873 in Django).
 * Lengths have 32 bits here.
 */
export function encodePieces(...pieces: readonly string[]): Uint8Array {
  const encoded = pieces.map(encodeUtf8);
  const bytes = new Uint8Array(encoded.reduce((sum, piece) => sum + 4 + piece.length, 4));
  writeUint32(bytes, 0, pieces.length);
  let offset = 4;
  for (const piece of encoded) {
    writeUint32(bytes, offset, piece.length);
    bytes.set(piece, offset + 4);
    offset += 4 + piece.length;
  }
  return bytes;
}
