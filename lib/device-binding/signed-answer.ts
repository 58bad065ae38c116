import { decodeBase64url, decodeUtf8, encodeUtf8 } from "../platform/bytes.js";

/** A JWT that the browser has signed: its answer to a challenge. Nothing of it is verified yet. */
export interface SignedAnswer {
  readonly alg: unknown;
  /** The public key, at registration only. */
  readonly jwk: unknown;
  readonly challenge: string;
  readonly message: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** One with an RSA key of 4096 bits takes about 2300 characters. */
const MAX_CHARACTERS = 4096;
/** A string of RFC 9651, whose parameters count for nothing, or the same without quotes. */
const ANSWER = /^("?)([\w-]+)\.([\w-]+)\.([\w-]+)\1 *(;[^,]*)?$/;

/** `undefined` without the header; `null` for anything but a JWT of the type `dbsc+jwt` with a `jti`. */
export function parseSignedAnswer(text: string | null): SignedAnswer | null | undefined {
  if (text === null) return undefined;
  const match = text.length <= MAX_CHARACTERS ? ANSWER.exec(text) : null;
  const [, , header = "", payload = "", signed = ""] = match ?? [];
  const { typ, alg, jwk, crit } = objectIn(header);
  const { jti } = objectIn(payload);
  const signature = decodeBase64url(signed) as Uint8Array<ArrayBuffer> | null;
  if (typ !== "dbsc+jwt" || typeof jti !== "string" || !signature) return null;
  if (crit !== undefined) return null; // RFC 7515, 4.1.11: it names what must be understood
  const message = encodeUtf8(`${header}.${payload}`) as Uint8Array<ArrayBuffer>;
  return { alg, jwk, challenge: jti, message, signature };
}

/** Empty for anything but an object. */
function objectIn(part: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(decodeUtf8(decodeBase64url(part)!))) as Record<string, unknown>;
  } catch {
    return {};
  }
}
