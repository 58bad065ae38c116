import { setImmediate as turn } from "node:timers/promises";
import {
  CookieStore,
  SignedCookieStore,
  UnsignedCookieStore,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../lib/index.js";
import { BINDING_FAULTS } from "./cookie/binding-faults.js";
import { CONTENT_FAULTS } from "./cookie/content-faults.js";
import { SENTENCES, type Fault } from "./cookie/fault.js";
import { KEY_FAULTS } from "./cookie/key-faults.js";
import { SECRECY_FAULTS } from "./cookie/secrecy-faults.js";
import { SHORTCUT_FAULTS } from "./cookie/shortcut-faults.js";
import { TAMPERING_FAULTS } from "./cookie/tampering-faults.js";

const keys = SignedCookieStore.generateKey().then((key) => [key]);

type Opened = Promise<Unsealed | RejectionReason>;

/** Writes its records as plain JSON. */
class PlainStore extends CookieStore {
  protected seal({ text, created, expires }: SessionRecord): string {
    return JSON.stringify({ text, created, expires });
  }
  protected unseal(value: string): Unsealed | RejectionReason {
    try {
      const { text, created, expires } = JSON.parse(value);
      return typeof text === "string"
        ? { text, created: +created, expires: +expires }
        : "malformed";
    } catch {
      return "malformed";
    }
  }
}

export const FAULTS: Record<string, Fault> = {
  "writes characters that a cookie cannot hold": {
    options: { create: () => new PlainStore({}), sealed: false },
    breaks: [SENTENCES.cookieSafe],
  },
  "supports only Latin-1 characters": {
    options: {
      create: () =>
        new (class extends UnsignedCookieStore {
          protected override seal(record: SessionRecord): string {
            return super.seal({ ...record, text: atob(btoa(record.text)) });
          }
        })(),
      sealed: false,
    },
    breaks: [SENTENCES.cookieSafe, SENTENCES.exact],
  },
  "throws for a value that it cannot read": {
    options: {
      create: () =>
        new (class extends UnsignedCookieStore {
          protected override unseal(value: string): SessionRecord | RejectionReason {
            return super.unseal(decodeURIComponent(value));
          }
        })(),
      sealed: false,
    },
    breaks: [SENTENCES.neverThrows],
  },
  "neither signs nor encrypts": {
    options: { create: () => new UnsignedCookieStore(), bound: false },
    breaks: [SENTENCES.madeUp, SENTENCES.anyChange, SENTENCES.joined],
    says: /declares `sealed: false`/,
  },
  "accepts padding, white space and the other base64 alphabet": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override unseal(value: string, scope: SessionScope) {
            return super.unseal(Buffer.from(value, "base64url").toString("base64url"), scope);
          }
        })(keys),
    },
    breaks: [SENTENCES.anyChange],
  },
  "ignores characters after the value": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async seal(record: SessionRecord, scope: SessionScope) {
            return `${await super.seal(record, scope)}.1`;
          }
          protected override unseal(value: string, scope: SessionScope) {
            return super.unseal(value.split(".", 1)[0]!, scope);
          }
        })(keys),
    },
    breaks: [SENTENCES.anyChange],
  },
  "does not keep the expiry": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async unseal(value: string, scope: SessionScope): Opened {
            const opened = await super.unseal(value, scope);
            if (typeof opened === "string") return opened;
            return { ...opened, expires: Math.floor(Date.now() / 1000) + 60 };
          }
        })(keys),
    },
    breaks: [
      SENTENCES.exact,
      SENTENCES.otherProcess,
      SENTENCES.parallel,
      SENTENCES.expired,
      SENTENCES.anyChange,
      SENTENCES.otherName,
    ],
  },
  "shares one buffer between concurrent seals": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          #text = "";
          protected override async seal({ text, ...times }: SessionRecord, scope: SessionScope) {
            this.#text = text;
            await turn();
            return super.seal({ text: this.#text, ...times }, scope);
          }
        })(keys),
    },
    breaks: [SENTENCES.parallel],
  },
  "uses other keys in each instance": {
    options: {
      create: () => new SignedCookieStore(SignedCookieStore.generateKey().then((key) => [key])),
    },
    breaks: [SENTENCES.otherProcess],
    says: /option `create` makes must have the same keys/,
  },
  ...CONTENT_FAULTS,
  ...TAMPERING_FAULTS,
  ...BINDING_FAULTS,
  ...SECRECY_FAULTS,
  ...KEY_FAULTS,
  ...SHORTCUT_FAULTS,
};
