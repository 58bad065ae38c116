import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";

export type Algorithm = "ES256" | "RS256";

const SIGNATURES = {
  ES256: { name: "ECDSA", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5" },
};

/** A device with a key that never leaves it. It signs challenges as a browser does. */
export class Device {
  readonly algorithm: Algorithm;
  readonly jwk: JWK;
  readonly #key: CryptoKey;

  static async make(algorithm: Algorithm = "ES256"): Promise<Device> {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    return new Device(algorithm, await exportJWK(publicKey), privateKey);
  }

  private constructor(algorithm: Algorithm, jwk: JWK, key: CryptoKey) {
    this.algorithm = algorithm;
    this.jwk = jwk;
    this.#key = key;
  }

  /** The answer to the challenge of a registration, with the public key. */
  register(challenge: string, header: object = {}): Promise<string> {
    return this.sign(challenge, { jwk: this.jwk, ...header });
  }

  /** The answer to the challenge of a refresh. */
  sign(challenge: string, header: object = {}): Promise<string> {
    return new SignJWT({ jti: challenge })
      .setProtectedHeader({ alg: this.algorithm, typ: "dbsc+jwt", ...header })
      .sign(this.#key);
  }

  /** A JWT with any header and payload. The signature is right for this device's own algorithm. */
  async signAny(header: unknown, payload: unknown): Promise<string> {
    const message = `${encodePart(header)}.${encodePart(payload)}`;
    const algorithm = SIGNATURES[this.algorithm];
    const signature = await crypto.subtle.sign(algorithm, this.#key, Buffer.from(message));
    return `${message}.${Buffer.from(signature).toString("base64url")}`;
  }
}

/** A part of a JWT. A string stays as it is. */
export function encodePart(part: unknown): string {
  const text = typeof part === "string" ? part : JSON.stringify(part);
  return Buffer.from(text).toString("base64url");
}
