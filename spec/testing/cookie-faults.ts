import { setImmediate as turn } from "node:timers/promises";
import {
  CookieStore,
  EncryptedCookieStore,
  SignedCookieStore,
  UnsignedCookieStore,
  type RejectionReason,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
} from "../../lib/index.js";
import type { CookieStoreContractOptions } from "../../lib/testing.js";

/** A store with one fault, its options, and the sentences of the contract that it breaks. */
export interface Fault {
  options: CookieStoreContractOptions;
  breaks: string[];
}

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
    breaks: ["seal() returns a value that a cookie can hold unencoded."],
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
    breaks: [
      "seal() returns a value that a cookie can hold unencoded.",
      "unseal() returns exactly the text and the times that were sealed.",
    ],
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
    breaks: ["unseal() never throws: for every input it returns a record or a rejection reason."],
  },
  "neither signs nor encrypts": {
    options: { create: () => new UnsignedCookieStore(), bound: false },
    breaks: [
      "unseal() rejects every value that a client has made up.",
      "unseal() rejects a sealed value after any change, even of one character.",
    ],
  },
  "opens a value under any cookie name": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override seal(record: SessionRecord, scope: SessionScope) {
            return super.seal(record, { ...scope, cookieName: "session" });
          }
          protected override unseal(value: string, scope: SessionScope) {
            return super.unseal(value, { ...scope, cookieName: "session" });
          }
        })(keys),
    },
    breaks: ["unseal() rejects a value that was sealed for another cookie name."],
  },
  "joins the cookie name and the data without a separator": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override seal({ text, ...times }: SessionRecord, scope: SessionScope) {
            const named = { text: scope.cookieName + text, ...times };
            return super.seal(named, { ...scope, cookieName: "session" });
          }
          protected override async unseal(value: string, scope: SessionScope): Opened {
            const opened = await super.unseal(value, { ...scope, cookieName: "session" });
            if (typeof opened === "string") return opened;
            const { cookieName } = scope;
            if (!opened.text.startsWith(cookieName)) return "tampered";
            return { ...opened, text: opened.text.slice(cookieName.length) };
          }
        })(keys),
    },
    breaks: ["unseal() rejects a value that was sealed for another cookie name."],
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
    breaks: ["unseal() rejects a sealed value after any change, even of one character."],
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
    breaks: ["unseal() rejects a sealed value after any change, even of one character."],
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
      "unseal() returns exactly the text and the times that were sealed.",
      "unseal() opens a value that another process sealed with the same keys.",
      "Records that are sealed and unsealed at the same time are not mixed up.",
      "load() rejects a value that has expired.",
      "unseal() rejects a value that was sealed for another cookie name.",
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
    breaks: ["Records that are sealed and unsealed at the same time are not mixed up."],
  },
  "reports every value as outdated": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override async unseal(value: string, scope: SessionScope): Opened {
            const opened = await super.unseal(value, scope);
            return typeof opened === "string" ? opened : { ...opened, outdated: true };
          }
        })(keys),
    },
    breaks: ["A value that was sealed just now is not outdated."],
  },
  "uses other keys in each instance": {
    options: {
      create: () => new SignedCookieStore(SignedCookieStore.generateKey().then((key) => [key])),
    },
    breaks: ["unseal() opens a value that another process sealed with the same keys."],
  },
  "does not encrypt": {
    options: { create: () => new SignedCookieStore(keys), encrypted: true },
    breaks: ["A client cannot read the sealed data, and equal records get different values."],
  },
  "uses no nonce": {
    options: {
      create: () =>
        new (class extends EncryptedCookieStore {
          readonly #values = new Map<string, string>();
          protected override async seal(record: SessionRecord, scope: SessionScope) {
            const id = JSON.stringify([record, scope.cookieName]);
            if (!this.#values.has(id)) this.#values.set(id, await super.seal(record, scope));
            return this.#values.get(id)!;
          }
        })(keys),
      encrypted: true,
    },
    breaks: ["A client cannot read the sealed data, and equal records get different values."],
  },
};
