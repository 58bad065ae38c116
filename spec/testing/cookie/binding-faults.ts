import {
  SignedCookieStore,
  type SessionRecord,
  type SessionScope,
  type Unsealed,
  type RejectionReason,
} from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import { hmac, MacStore } from "./simple-stores.js";

const keys = SignedCookieStore.generateKey().then((key) => [key]);

/** Binds only what `shorten` leaves of the cookie name. */
function binding(says: RegExp, shorten: (name: string) => string): Fault {
  return {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override tagOf(content: string, cookieName: string, key: Buffer): string {
            return super.tagOf(content, shorten(cookieName), key);
          }
        })(),
    },
    breaks: [SENTENCES.otherName],
    says,
  };
}

export const BINDING_FAULTS: Record<string, Fault> = {
  "opens a value under any cookie name": binding(/declares `bound: false`/, () => ""),
  "binds only the first 8 characters of the cookie name": binding(
    /for the name (__Host-session1|n…\w\w \(\d+ characters\)) that was sealed for /,
    (name) => (name.length > 8 ? name.slice(0, 8) : name),
  ),
  "binds only the first 64 characters of the cookie name": binding(
    /n…\w\w \(20\d characters\) that was sealed for n…/,
    (name) => name.slice(0, 64),
  ),
  "ignores case in the cookie name": binding(/the name A that was sealed for a\./, (name) =>
    name.toLowerCase(),
  ),
  "binds only the length of the cookie name": binding(
    /the name b that was sealed for a\./,
    (name) => String(name.length),
  ),
  "joins the cookie name and the data without a separator": {
    options: {
      create: () =>
        new (class extends SignedCookieStore {
          protected override seal({ text, ...times }: SessionRecord, scope: SessionScope) {
            const named = { text: scope.cookieName + text, ...times };
            return super.seal(named, { ...scope, cookieName: "session" });
          }
          protected override async unseal(
            value: string,
            scope: SessionScope,
          ): Promise<Unsealed | RejectionReason> {
            const opened = await super.unseal(value, { ...scope, cookieName: "session" });
            if (typeof opened === "string") return opened;
            const { cookieName } = scope;
            if (!opened.text.startsWith(cookieName)) return "tampered";
            return { ...opened, text: opened.text.slice(cookieName.length) };
          }
        })(keys),
    },
    breaks: [SENTENCES.otherName],
  },
  "signs the cookie name and the data joined without a length": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override encode({ text, created, expires }: SessionRecord): string {
            return Buffer.from(`${text}|${created}|${expires}`).toString("base64url");
          }
          protected override decode(content: string): SessionRecord {
            const [, text, created, expires] = /^([^]*)\|(\d+)\|(\d+)$/.exec(
              Buffer.from(content, "base64url").toString(),
            )!;
            return { text: text!, created: Number(created), expires: Number(expires) };
          }
          protected override tagOf(content: string, cookieName: string, key: Buffer): string {
            return hmac(key, cookieName + Buffer.from(content, "base64url").toString());
          }
          protected override unseal(value: string, scope: SessionScope) {
            const content = value.split(".")[0]!;
            const isCanonical = Buffer.from(content, "base64url").toString("base64url") === content;
            return isCanonical ? super.unseal(value, scope) : "malformed";
          }
        })(),
    },
    breaks: [SENTENCES.otherName],
    says: /with a character of 7654321 moved into the cookie's name, session7\. The tag must cover/,
  },
};
