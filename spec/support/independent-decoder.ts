// A second implementation of the sealed cookies, written from their documented formats. It must
// share no code with lib/, because a mistake in shared code would go unnoticed.
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

export type SealedKind = "signed" | "encrypted";

/** The contents of a value that is genuine. */
interface Contents {
  created: number;
  expires: number;
  text: string;
}

interface SealOptions extends Contents {
  kind: SealedKind;
  /** The 32 bytes of a key of the key ring. */
  key: Uint8Array;
  cookieName: string;
  /** 12 bytes. Only an encrypted value needs it. */
  nonce?: Uint8Array;
  /** For a forged value: the kind of value for which the subkey is derived. */
  subkeyKind?: SealedKind;
  /** For a forged value: the expiry for which the subkey is derived. */
  subkeyExpires?: number;
}

const FIRST_BYTE = { signed: 0x49, encrypted: 0x11 };
const HEADER = 13;
const NONCE = 12;
const TAG = 16;

/**
 * Encodes the number of pieces, then each piece after its length. All numbers are 32-bit
 * big-endian.
 */
export function preAuthEncode(pieces: string[]): Buffer {
  const parts = [uint32(pieces.length)];
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, "utf8");
    parts.push(uint32(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** HKDF-Expand with an output of one block (RFC 5869, 2.3). */
function hkdfExpand(key: Uint8Array, info: Uint8Array): Buffer {
  return createHmac("sha256", key)
    .update(Buffer.concat([info, Buffer.from([1])]))
    .digest();
}

export function keyIdOf(key: Uint8Array): Buffer {
  return hkdfExpand(key, preAuthEncode(["@hattip/session", "key id", "1"])).subarray(0, 4);
}

/** The purpose of a subkey, as the bytes from which the subkey is derived. */
export function purposeOf(kind: SealedKind, cookieName: string, expires: number): Buffer {
  const period = kind === "signed" ? 0 : Math.floor(expires / 3600);
  return preAuthEncode(["@hattip/session", kind, "1", cookieName, period.toString(10)]);
}

export function subkeyOf(
  key: Uint8Array,
  kind: SealedKind,
  cookieName: string,
  expires: number,
): Buffer {
  return hkdfExpand(key, purposeOf(kind, cookieName, expires));
}

export function sealIndependently(options: SealOptions): string {
  const { kind, key, cookieName, created, expires, text, nonce } = options;
  const { subkeyKind = kind, subkeyExpires = expires } = options;
  const header = Buffer.concat([
    Buffer.from([FIRST_BYTE[kind]]),
    keyIdOf(key),
    uint32(created),
    uint32(expires),
  ]);
  const subkey = subkeyOf(key, subkeyKind, cookieName, subkeyExpires);
  if (kind === "signed") {
    const message = Buffer.concat([header, Buffer.from(text, "utf8")]);
    const mac = createHmac("sha256", subkey).update(message).digest().subarray(0, TAG);
    return Buffer.concat([message, mac]).toString("base64url");
  }
  if (nonce?.length !== NONCE) throw new TypeError("An encrypted value needs a nonce of 12 bytes.");
  const cipher = createCipheriv("aes-256-gcm", subkey, nonce, { authTagLength: TAG });
  cipher.setAAD(header);
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([header, nonce, sealed]).toString("base64url");
}

/** Throws if the value is not genuine. */
export function openIndependently(
  value: string,
  { key, cookieName }: Pick<SealOptions, "key" | "cookieName">,
): Contents & { kind: SealedKind } {
  const frame = Buffer.from(value, "base64url");
  if (frame.toString("base64url") !== value)
    throw new Error("The value is not canonical base64url.");
  const kind = (["signed", "encrypted"] as const).find((name) => FIRST_BYTE[name] === frame[0]);
  if (!kind) throw new Error("The first byte names no kind of value.");
  if (!frame.subarray(1, 5).equals(keyIdOf(key)))
    throw new Error("The value was sealed under another key.");
  const created = frame.readUInt32BE(5);
  const expires = frame.readUInt32BE(9);
  const subkey = subkeyOf(key, kind, cookieName, expires);
  const end = frame.length - TAG;
  const tag = frame.subarray(end);
  if (kind === "signed") {
    const mac = createHmac("sha256", subkey).update(frame.subarray(0, end)).digest();
    if (!timingSafeEqual(mac.subarray(0, TAG), tag))
      throw new Error("The value was tampered with.");
    return { kind, created, expires, text: frame.toString("utf8", HEADER, end) };
  }
  const nonce = frame.subarray(HEADER, HEADER + NONCE);
  const decipher = createDecipheriv("aes-256-gcm", subkey, nonce, { authTagLength: TAG });
  decipher.setAAD(frame.subarray(0, HEADER)).setAuthTag(tag);
  const text = Buffer.concat([
    decipher.update(frame.subarray(HEADER + NONCE, end)),
    decipher.final(),
  ]);
  return { kind, created, expires, text: text.toString("utf8") };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
