import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes,
  type CipherGCM,
} from "node:crypto";
import {
  CookieStore,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../../lib/index.js";

export const [KEY, OLD_KEY, NEW_KEY] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;

/** Signs: `<JSON>.<HMAC>`, both in base64url. Each fault overrides one of its parts. */
export class MacStore extends CookieStore {
  readonly keys: readonly Buffer[];

  constructor(keys: readonly Buffer[] = [KEY]) {
    super();
    this.keys = keys;
  }

  protected override seal(record: SessionRecord, { cookieName }: SessionScope): string {
    const content = this.encode(record);
    return `${content}.${this.tagOf(content, cookieName, this.keys[0]!)}`;
  }

  protected override unseal(value: string, scope: SessionScope): Unsealed | RejectionReason {
    const [content = "", tag = "", ...more] = value.split(".");
    if (more.length > 0) return "malformed";
    const key = this.keys.find((each) =>
      this.isTag(tag, this.tagOf(content, scope.cookieName, each)),
    );
    if (key === undefined) return "tampered";
    return { ...this.decode(content), outdated: key !== this.keys[0] };
  }

  protected encode({ text, created, expires }: SessionRecord): string {
    return toBase64url(JSON.stringify([text, created, expires]));
  }

  protected decode(content: string): SessionRecord {
    const [text, created, expires] = JSON.parse(ofBase64url(content));
    return { text, created, expires };
  }

  /** The name is encoded, so that no name contains the separator. */
  protected tagOf(content: string, cookieName: string, key: Buffer): string {
    return hmac(key, `${toBase64url(cookieName)}.${content}`);
  }

  protected isTag(tag: string, right: string): boolean {
    return tag === right;
  }
}

/** Encrypts: base64url of the nonce, the ciphertext and the tag. */
export class CipherStore extends CookieStore {
  protected override seal(record: SessionRecord, { cookieName }: SessionScope): string {
    const nonce = this.nonce();
    const cipher = createCipheriv("aes-256-gcm", KEY, nonce).setAAD(Buffer.from(cookieName));
    const content = this.encode(record);
    const parts = [nonce, cipher.update(content), cipher.final(), tagOf(cipher)];
    return Buffer.concat(parts).toString("base64url");
  }

  protected override unseal(
    value: string,
    { cookieName }: SessionScope,
  ): SessionRecord | "tampered" {
    const bytes = Buffer.from(value, "base64url");
    if (bytes.length < 28 || bytes.toString("base64url") !== value) return "tampered";
    const decipher = createDecipheriv("aes-256-gcm", KEY, bytes.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(cookieName)).setAuthTag(bytes.subarray(-16));
    try {
      const content = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
      return this.decode(content);
    } catch {
      return "tampered";
    }
  }

  protected encode({ text, created, expires }: SessionRecord): Buffer {
    return Buffer.from(JSON.stringify([text, created, expires]));
  }

  protected decode(content: Buffer): SessionRecord {
    const [text, created, expires] = JSON.parse(content.toString());
    return { text, created, expires };
  }

  protected nonce(): Buffer {
    return randomBytes(12);
  }
}

function tagOf(cipher: CipherGCM): Buffer {
  return cipher.getAuthTag();
}

export function hmac(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64url");
}

export function toBase64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

export function ofBase64url(text: string): string {
  return Buffer.from(text, "base64url").toString();
}
