import { decodeBase64url } from "../platform/bytes.js";
import { subtleCrypto } from "../platform/crypto.js";
import type { SignedAnswer } from "./signed-answer.js";

/** The algorithms of the draft, without `none`. */
const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
};
/** From 2048 bits to 4096: a longer key would only cost time. */
const [MIN_MODULUS_BYTES, MAX_MODULUS_BYTES] = [256, 512];
const EXPONENT = "AQAB"; // 65537

/**
 * The public key that a registration brings, as `ES256.<x>.<y>` or `RS256.<n>` with the members of
 * its JWK; `null` for any other key.
 */
export function keyIn({ alg, jwk }: SignedAnswer): string | null {
  if (typeof jwk !== "object" || jwk === null) return null;
  const { kty, crv, x, y, n, e } = jwk as Record<string, unknown>;
  if (alg === "ES256" && kty === "EC" && crv === "P-256" && isBytes(x, 32) && isBytes(y, 32)) {
    return `${alg}.${x}.${y}`;
  }
  const isRsa = alg === "RS256" && kty === "RSA" && e === EXPONENT;
  return isRsa && isBytes(n, MIN_MODULUS_BYTES, MAX_MODULUS_BYTES) ? `${alg}.${n}` : null;
}

/** Whether the key has signed the answer, by its own algorithm. */
export async function hasSigned(key: string, answer: SignedAnswer): Promise<boolean> {
  const [alg, ...members] = key.split(".");
  if (alg !== answer.alg || (alg !== "ES256" && alg !== "RS256")) return false;
  const subtle = subtleCrypto();
  const [first = "", y = ""] = members;
  const jwk =
    alg === "ES256"
      ? { kty: "EC", crv: "P-256", x: first, y }
      : { kty: "RSA", n: first, e: EXPONENT };
  const algorithm = ALGORITHMS[alg];
  try {
    const imported = await subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
    return await subtle.verify(algorithm, imported, answer.signature, answer.message);
  } catch {
    return false; // x and y are no point of the curve, for example
  }
}

function isBytes(value: unknown, min: number, max = min): value is string {
  const bytes = typeof value === "string" ? decodeBase64url(value) : null;
  return bytes !== null && bytes.length >= min && bytes.length <= max;
}
