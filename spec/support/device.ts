import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from "jose";

export type Algorithm = "ES256" | "RS256";

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
}
