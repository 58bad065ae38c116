import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import {
  CookieStore,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import {
  CipherStore,
  hmac,
  KEY,
  MacStore,
  NEW_KEY,
  OLD_KEY,
  ofBase64url,
  toBase64url,
} from "./simple-stores.js";

type Answer = Unsealed | RejectionReason;

const PLAIN_BYTES = 1024;
const TAG_END = 28;

/** All keys that any store of this process has had. */
const everyKey = new Set<Buffer>();

/** Opens JSON Web Tokens, as their headers want it. */
class JwtStore extends CookieStore {
  protected override seal(
    { text, created, expires }: SessionRecord,
    { cookieName }: SessionScope,
  ): string {
    const header = toBase64url(JSON.stringify({ alg: "HS256", typ: "JWT" }));
    const claims = { text, iat: created, exp: expires, aud: cookieName };
    const content = `${header}.${toBase64url(JSON.stringify(claims))}`;
    return `${content}.${hmac(KEY, content)}`;
  }

  protected override unseal(value: string, { cookieName }: SessionScope): Answer {
    const [header = "", claims = "", tag, ...more] = value.split(".");
    try {
      const { alg } = JSON.parse(ofBase64url(header));
      const isSigned = alg === "HS256" && tag === hmac(KEY, `${header}.${claims}`);
      if ((!isSigned && alg !== "none") || more.length > 0) return "tampered";
      const { text, iat, exp, aud } = JSON.parse(ofBase64url(claims));
      return aud === cookieName ? { text, created: iat, expires: exp } : "tampered";
    } catch {
      return "malformed";
    }
  }
}

/** Names its key in each value, and looks it up in an object. */
class NamedKeyStore extends MacStore {
  readonly #keysByName: Record<string, Buffer> = { k1: KEY };

  protected override seal(record: SessionRecord, scope: SessionScope): string {
    return `k1.${super.seal(record, scope)}`;
  }

  protected override unseal(value: string, { cookieName }: SessionScope): Answer {
    const [name = "", content = "", tag, ...more] = value.split(".");
    const key = this.#keysByName[name];
    if (key === undefined) return "unknown-key";
    // Of a function of Object.prototype, this makes an exception.
    const isRight = tag === hmac(key, `${toBase64url(cookieName)}.${content}`);
    return isRight && more.length === 0 ? this.decode(content) : "tampered";
  }
}

/** Opens values with the keys of other stores, too. */
class RegistryStore extends MacStore {
  constructor(keys: readonly Buffer[]) {
    for (const key of keys) everyKey.add(key);
    super([...keys, ...[...everyKey].filter((key) => !keys.includes(key))]);
  }
}

/** Seals that leave something out. */
export const SHORTCUT_FAULTS: Record<string, Fault> = {
  "still opens the unsealed records of an older version": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override unseal(value: string, scope: SessionScope): Answer {
            if (!value.startsWith("{")) return super.unseal(value, scope);
            try {
              const { text, created, expires } = JSON.parse(value);
              return typeof text === "string" ? { text, created, expires } : "malformed";
            } catch {
              return "malformed";
            }
          }
        })(),
    },
    breaks: [SENTENCES.madeUp],
  },
  "accepts tokens whose header says that they are not signed": {
    options: { create: () => new JwtStore() },
    breaks: [SENTENCES.anyChange],
    says: /with the algorithm "none" in its first part/,
  },
  "takes a name of Object.prototype for the name of a key": {
    options: { create: () => new NamedKeyStore() },
    breaks: [SENTENCES.neverThrows, SENTENCES.madeUp, SENTENCES.anyChange],
  },
  "signs only the first 256 characters": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override tagOf(content: string, cookieName: string, key: Buffer): string {
            return super.tagOf(content.slice(0, 256), cookieName, key);
          }
        })(),
    },
    breaks: [SENTENCES.anyChange],
  },
  "compresses and signs, and does not encrypt": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override encode({ text, created, expires }: SessionRecord): string {
            const salt = randomBytes(12).toString("hex");
            const content = JSON.stringify([text, created, expires, salt]);
            return deflateRawSync(content).toString("base64url");
          }
          protected override decode(content: string): SessionRecord {
            const bytes = inflateRawSync(Buffer.from(content, "base64url"));
            const [text, created, expires] = JSON.parse(bytes.toString());
            return { text, created, expires };
          }
        })(),
      encrypted: true,
    },
    breaks: [SENTENCES.repeats],
  },
  "encrypts only the first 1024 bytes": {
    options: {
      create: () =>
        new (class extends CipherStore {
          protected override seal(record: SessionRecord, { cookieName }: SessionScope): string {
            const content = this.encode(record);
            const [start, rest] = [content.subarray(0, PLAIN_BYTES), content.subarray(PLAIN_BYTES)];
            const nonce = this.nonce();
            const cipher = createCipheriv("aes-256-gcm", KEY, nonce);
            cipher.setAAD(Buffer.concat([Buffer.from(`${cookieName}\0`), rest]));
            const sealed = Buffer.concat([cipher.update(start), cipher.final()]);
            return Buffer.concat([nonce, cipher.getAuthTag(), sealed, rest]).toString("base64url");
          }
          protected override unseal(
            value: string,
            { cookieName }: SessionScope,
          ): SessionRecord | "tampered" {
            const bytes = Buffer.from(value, "base64url");
            if (bytes.length < TAG_END || bytes.toString("base64url") !== value) return "tampered";
            const rest = bytes.subarray(TAG_END + PLAIN_BYTES);
            const decipher = createDecipheriv("aes-256-gcm", KEY, bytes.subarray(0, 12), {
              authTagLength: 16,
            });
            decipher.setAAD(Buffer.concat([Buffer.from(`${cookieName}\0`), rest]));
            decipher.setAuthTag(bytes.subarray(12, TAG_END));
            try {
              const start = decipher.update(bytes.subarray(TAG_END, TAG_END + PLAIN_BYTES));
              return this.decode(Buffer.concat([start, decipher.final(), rest]));
            } catch {
              return "tampered";
            }
          }
        })(),
      encrypted: true,
    },
    breaks: [SENTENCES.repeats],
  },
  "finds the keys of other stores in the process": {
    options: {
      create: () => new RegistryStore([KEY, OLD_KEY]),
      rotated: () => new RegistryStore([NEW_KEY, KEY, OLD_KEY]),
    },
    breaks: [SENTENCES.newKey],
  },
};
