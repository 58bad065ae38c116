// A cookie store on jose that your app can import. spec/examples/jwe-store.spec.ts shows how to use it.
import type { RequestContext } from "@hattip/compose";
import {
  CookieStore,
  type RejectionReason,
  type SerializationOptions,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "@hattip/session";
import { EncryptJWT, errors, jwtDecrypt, type JWTDecryptGetKey } from "jose";

/** The store needs keys of its own. The ID `kid` stands in every value, in plain text. */
export interface JweKey {
  readonly kid: string;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
}

/** The first key seals, all of them open. */
export type JweKeys = readonly [JweKey, ...JweKey[]];

/** Without them, the header of a value would choose how it is opened. */
const ALGORITHMS = {
  keyManagementAlgorithms: ["dir"],
  contentEncryptionAlgorithms: ["A256GCM"],
};

/**
 * Base64url whose unused bits are zero. jose ignores them, and white space: each tag would have 16
 * forms.
 */
const CANONICAL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/**
 * Keeps the session in an encrypted JSON Web Token (RFC 7516), which other languages can open, too.
 * Replace a key before it has sealed 2^32 values: the nonces are random.
 */
export class JweCookieStore extends CookieStore {
  readonly #load: (ctx: RequestContext<any>) => JweKeys | Promise<JweKeys>;

  constructor(
    keys: (ctx: RequestContext<any>) => JweKeys | Promise<JweKeys>,
    options?: SerializationOptions,
  ) {
    super(options);
    this.#load = keys;
  }

  protected async seal(record: SessionRecord, { ctx, cookieName }: SessionScope): Promise<string> {
    const [{ kid, secret }] = await this.#keys(ctx);
    const { text, created, expires } = record;
    return new EncryptJWT({ text, iat: created, exp: expires, aud: cookieName })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid })
      .encrypt(secret);
  }

  protected async unseal(
    value: string,
    { ctx, cookieName }: SessionScope,
  ): Promise<Unsealed | RejectionReason> {
    // Not within `try`: if keys cannot be loaded, that is not the client's fault.
    const keys = await this.#keys(ctx);
    if (!value.split(".").every((part) => CANONICAL.test(part))) return "malformed";
    const secretOf: JWTDecryptGetKey = ({ kid }) => {
      const key = keys.find((each) => each.kid === kid);
      if (key === undefined) throw new errors.JWKSNoMatchingKey();
      return key.secret;
    };
    try {
      const options = { ...ALGORITHMS, audience: cookieName };
      const { payload, protectedHeader } = await jwtDecrypt<Claims>(value, secretOf, options);
      const { text, iat, exp } = payload;
      return { text, created: iat, expires: exp, outdated: protectedHeader.kid !== keys[0].kid };
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return "unknown-key";
      if (error instanceof errors.JWTExpired) return "expired";
      if (error instanceof errors.JOSEError) return "tampered";
      throw error;
    }
  }

  async #keys(ctx: RequestContext<any>): Promise<JweKeys> {
    const keys = await this.#load(ctx);
    if (keys.every(({ secret }) => secret.length === 32)) return keys;
    // jose would report every value as tampered with.
    throw new TypeError("A secret of JweCookieStore does not have 32 bytes.");
  }
}

interface Claims {
  text: string;
  iat: number;
  exp: number;
}
