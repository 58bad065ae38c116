import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SignedCookieStore, type SessionRecord } from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import { CipherStore, KEY, MacStore } from "./simple-stores.js";

const keys = SignedCookieStore.generateKey().then((key) => [key]);

/** What random nonces prevent. */
const SEEN_IN_VALUES = [SENTENCES.everyProcess, SENTENCES.repeats];

function encrypting(store: new () => CipherStore, breaks: string[], says: RegExp): Fault {
  return { options: { create: () => new store(), encrypted: true }, breaks, says };
}

function bytesOf(number: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeDoubleBE(number);
  return bytes;
}

export const SECRECY_FAULTS: Record<string, Fault> = {
  "does not encrypt": {
    options: { create: () => new SignedCookieStore(keys), encrypted: true },
    breaks: [SENTENCES.secret, ...SEEN_IN_VALUES],
    says: /Only a store that encrypts declares `encrypted: true`|same value|repeat/,
  },
  "uses one nonce": encrypting(
    class extends CipherStore {
      protected override nonce(): Buffer {
        return bytesOf(0);
      }
    },
    [SENTENCES.secret, ...SEEN_IN_VALUES],
    /Each call needs a new nonce/,
  ),
  "counts its nonces in each process": encrypting(
    class extends CipherStore {
      #calls = 0;
      protected override nonce(): Buffer {
        return bytesOf(this.#calls++);
      }
    },
    SEEN_IN_VALUES,
    /the same value in call 1 of store 2 and in call 1 of store 1|data that begin alike/,
  ),
  "uses the time as nonce": encrypting(
    class extends CipherStore {
      #last = 0;
      protected override nonce(): Buffer {
        while (Date.now() <= this.#last); // One store never uses a millisecond twice, but two do.
        this.#last = Date.now();
        return bytesOf(this.#last);
      }
    },
    SEEN_IN_VALUES,
    /neither the time/,
  ),
  "counts its nonces, and encrypts some random bytes before the data": encrypting(
    class extends CipherStore {
      #calls = 0;
      protected override encode(record: SessionRecord): Buffer {
        return Buffer.concat([randomBytes(16), super.encode(record)]);
      }
      protected override decode(content: Buffer): SessionRecord {
        return super.decode(content.subarray(16));
      }
      protected override nonce(): Buffer {
        return bytesOf(this.#calls++);
      }
    },
    [SENTENCES.repeats],
    /Two values of data that begin alike have \d+ characters in common/,
  ),
  "encrypts each block alone": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override encode(record: SessionRecord): string {
            const cipher = createCipheriv("aes-256-ecb", KEY, null);
            const content = randomBytes(16).toString("hex") + super.encode(record);
            return cipher.update(content, "utf8", "base64url") + cipher.final("base64url");
          }
          protected override decode(content: string): SessionRecord {
            const decipher = createDecipheriv("aes-256-ecb", KEY, null);
            const bytes = Buffer.from(content, "base64url");
            const opened = Buffer.concat([decipher.update(bytes), decipher.final()]);
            return super.decode(opened.toString().slice(32));
          }
        })(),
      encrypted: true,
    },
    breaks: [SENTENCES.repeats],
    says: /The data repeat, and so does the value/,
  },
};
