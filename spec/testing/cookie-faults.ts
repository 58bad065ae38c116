import { setImmediate as turn } from "node:timers/promises";
import {
  CookieStore,
  EncryptedCookieStore,
  SignedCookieStore,
  UnsignedCookieStore,
  type FreshReason,
  type SessionRecord,
  type StoreScope,
  type Unsealed,
} from "../../lib/index.js";
import type { CookieStoreContractOptions } from "../../lib/testing.js";

/** What the store declares (with the one fault in it), and the sentences that it breaks. */
export interface Fault {
  options: CookieStoreContractOptions;
  breaks: string[];
}

const keys = SignedCookieStore.generateKey().then((key) => [key]);

type Opened = Promise<Unsealed | FreshReason>;

/** Writes its records as they are. */
class PlainStore extends CookieStore {
  protected seal({ text, created, expires }: SessionRecord): string {
    return JSON.stringify({ text, created, expires });
  }
  protected unseal(value: string): Unsealed | FreshReason {
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
  "writes what a cookie cannot hold": {
    options: { create: () => new PlainStore({}), sealed: false },
    breaks: ["seal() writes characters that a cookie can hold as they are."],
  },
  "knows only the characters of Latin-1": {
    options: {
      create: () =>
        new (class extends UnsignedCookieStore {
          protected override seal(record: SessionRecord): string {
            return super.seal({ ...record, text: atob(btoa(record.text)) });
          }
        })(),
      sealed: false,
    },
    breaks: [
      "seal() writes characters that a cookie can hold as they are.",
      "unseal() gives back what was sealed, to the character and the second.",
    ],
  },
  "throws for what it cannot read": {
    options: {
      create: () =>
        new (class extends UnsignedCookieStore {
          protected override unseal(value: string): SessionRecord | FreshReason {
            return super.unseal(decodeURIComponent(value));
          }
        })(),
      sealed: false,
    },
    breaks: ["unseal() answers with a reason whatever a client sends, and never throws."],
  },
  "does not seal": {
    options: { create: () => new UnsignedCookieStore(), bound: false },
    breaks: [
      "Nothing that a client makes up opens.",
      "Any change of the value, be it of one character, is refused.",
    ],
  },
  "opens a value under any cookie name": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override seal(record: SessionRecord, scope: StoreScope) {
            return super.seal(record, { ...scope, cookieName: "session" });
          }
          protected override unseal(value: string, scope: StoreScope) {
            return super.unseal(value, { ...scope, cookieName: "session" });
          }
        })(keys),
    },
    breaks: ["A value sealed for one cookie name is refused under any other."],
  },
  "puts the cookie name and the data together without a border": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override seal({ text, ...times }: SessionRecord, scope: StoreScope) {
            const named = { text: scope.cookieName + text, ...times };
            return super.seal(named, { ...scope, cookieName: "session" });
          }
          protected override async unseal(value: string, scope: StoreScope): Opened {
            const opened = await super.unseal(value, { ...scope, cookieName: "session" });
            if (typeof opened === "string") return opened;
            const { cookieName } = scope;
            if (!opened.text.startsWith(cookieName)) return "tampered";
            return { ...opened, text: opened.text.slice(cookieName.length) };
          }
        })(keys),
    },
    breaks: ["A value sealed for one cookie name is refused under any other."],
  },
  "forgives padding, white space and the other alphabet": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override unseal(value: string, scope: StoreScope) {
            return super.unseal(Buffer.from(value, "base64url").toString("base64url"), scope);
          }
        })(keys),
    },
    breaks: ["Any change of the value, be it of one character, is refused."],
  },
  "ignores what follows the value": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async seal(record: SessionRecord, scope: StoreScope) {
            return `${await super.seal(record, scope)}.1`;
          }
          protected override unseal(value: string, scope: StoreScope) {
            return super.unseal(value.split(".", 1)[0]!, scope);
          }
        })(keys),
    },
    breaks: ["Any change of the value, be it of one character, is refused."],
  },
  "keeps no expiry": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async unseal(value: string, scope: StoreScope): Opened {
            const opened = await super.unseal(value, scope);
            if (typeof opened === "string") return opened;
            return { ...opened, expires: Math.floor(Date.now() / 1000) + 60 };
          }
        })(keys),
    },
    breaks: [
      "unseal() gives back what was sealed, to the character and the second.",
      "What another process has sealed with the same keys opens.",
      "Records that are sealed and unsealed at the same time do not mix.",
      "A value that has expired is no session.",
      "A value sealed for one cookie name is refused under any other.",
    ],
  },
  "seals in one buffer for all": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          #text = "";
          protected override async seal({ text, ...times }: SessionRecord, scope: StoreScope) {
            this.#text = text;
            await turn();
            return super.seal({ text: this.#text, ...times }, scope);
          }
        })(keys),
    },
    breaks: ["Records that are sealed and unsealed at the same time do not mix."],
  },
  "calls everything outdated": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async unseal(value: string, scope: StoreScope): Opened {
            const opened = await super.unseal(value, scope);
            return typeof opened === "string" ? opened : { ...opened, outdated: true };
          }
        })(keys),
    },
    breaks: ["What was sealed just now is not outdated."],
  },
  "has keys of its own": {
    options: {
      create: () => new SignedCookieStore(SignedCookieStore.generateKey().then((key) => [key])),
    },
    breaks: ["What another process has sealed with the same keys opens."],
  },
  "encrypts nothing": {
    options: { create: () => new SignedCookieStore(keys), encrypted: true },
    breaks: ["A client cannot read the value, and equal records have different values."],
  },
  "uses no nonce": {
    options: {
      create: () =>
        new (class extends EncryptedCookieStore {
          readonly #values = new Map<string, string>();
          protected override async seal(record: SessionRecord, scope: StoreScope) {
            const id = JSON.stringify([record, scope.cookieName]);
            if (!this.#values.has(id)) this.#values.set(id, await super.seal(record, scope));
            return this.#values.get(id)!;
          }
        })(keys),
      encrypted: true,
    },
    breaks: ["A client cannot read the value, and equal records have different values."],
  },
};
