import type { RejectionReason, SessionRecord, SessionScope, Unsealed } from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import { KEY, MacStore, ofBase64url, toBase64url } from "./simple-stores.js";

type Answer = Unsealed | RejectionReason;

/** Whether a text is the one form of its bytes. */
function isCanonical(text: string): boolean {
  return Buffer.from(text, "base64url").toString("base64url") === text;
}

/** A fault of the check of a value, which only a change of the value shows. */
function accepting(says: RegExp, store: new () => MacStore): Fault {
  const breaks: string[] = [SENTENCES.anyChange];
  return { options: { create: () => new store() }, breaks, says };
}

export const TAMPERING_FAULTS: Record<string, Fault> = {
  "accepts a tag of any length from 12 bytes, in canonical base64": accepting(
    /opened the value cut after character \d+ of \d+ \(3 removed at the end\)/,
    class extends MacStore {
      protected override isTag(tag: string, right: string): boolean {
        const isStart = tag.length >= 16 && right.startsWith(tag);
        return tag === right || (isStart && tag.length % 4 === 0 && isCanonical(tag));
      }
    },
  ),
  "accepts a shorter tag that is followed by a key ID": accepting(
    /without the characters \d+ to \d+ of \d+/,
    class extends MacStore {
      protected override seal(record: SessionRecord, scope: SessionScope): string {
        return `${super.seal(record, scope)}.1`;
      }
      protected override unseal(value: string, scope: SessionScope): Answer {
        const match = /^([^.]*\.[^.]*)\.1$/.exec(value);
        return match ? super.unseal(match[1]!, scope) : "malformed";
      }
      protected override isTag(tag: string, right: string): boolean {
        return tag === right || (tag.length === 32 && right.startsWith(tag));
      }
    },
  ),
  "ignores the unused bits of the tag's last character": accepting(
    /with "[\w-]" for "[\w-]" at character (\d+) of \1/,
    class extends MacStore {
      protected override isTag(tag: string, right: string): boolean {
        return (
          /^[\w-]{43}$/.test(tag) &&
          Buffer.from(tag, "base64url").equals(Buffer.from(right, "base64url"))
        );
      }
    },
  ),
  "ignores a tilde and all that follows": accepting(
    /followed by "~garbage"|with "~" inserted/,
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        return super.unseal(value.split("~", 1)[0]!, scope);
      }
    },
  ),
  "ignores all that precedes a star": accepting(
    /preceded by "\*"/,
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        return super.unseal(value.slice(value.lastIndexOf("*") + 1), scope);
      }
    },
  ),
  "decodes percent-encoding": accepting(
    /with %[0-9A-F]{2} for "." at character 1 of/,
    class extends MacStore {
      protected override unseal(value: string, scope: SessionScope): Answer {
        const decoded = value.replace(/%[\da-f]{2}/gi, (code) =>
          String.fromCharCode(Number.parseInt(code.slice(1), 16)),
        );
        return super.unseal(decoded, scope);
      }
    },
  ),
  "opens values of an older version, which had no tag": accepting(
    /with "a" for "z" at character 1 of/,
    class extends MacStore {
      protected override seal(record: SessionRecord, scope: SessionScope): string {
        return `z${super.seal(record, scope)}`;
      }
      protected override unseal(value: string, scope: SessionScope): Answer {
        const version = value.slice(0, 1);
        if (version === "z") return super.unseal(value.slice(1), scope);
        if (version !== "a") return "malformed";
        try {
          return this.decode(value.slice(1).split(".")[0]!);
        } catch {
          return "malformed";
        }
      }
    },
  ),
  "signs its fields without what separates them": accepting(
    /character \d+ of \d+, "\.", and the next one swapped/,
    class extends MacStore {
      protected override seal(record: SessionRecord, { cookieName }: SessionScope): string {
        const fields = [toBase64url(record.text), record.created, record.expires];
        return [...fields, this.tagOf(fields.join(""), cookieName, KEY)].join(".");
      }
      protected override unseal(value: string, { cookieName }: SessionScope): Answer {
        const fields = value.split(".");
        const tag = fields.pop();
        const [text = "", created, expires] = fields;
        if (tag !== this.tagOf(fields.join(""), cookieName, KEY)) return "tampered";
        return { text: ofBase64url(text), created: Number(created), expires: Number(expires) };
      }
    },
  ),
  "signs the times and the data apart": {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override seal(record: SessionRecord, { cookieName }: SessionScope): string {
            const { text, created, expires } = record;
            const halves = [toBase64url(text), toBase64url(`${created} ${expires}`)];
            return halves.map((half) => `${half}.${this.tagOf(half, cookieName, KEY)}`).join(".");
          }
          protected override unseal(value: string, { cookieName }: SessionScope): Answer {
            const [data = "", dataTag, times = "", timesTag, ...more] = value.split(".");
            const isRight =
              dataTag === this.tagOf(data, cookieName, KEY) &&
              timesTag === this.tagOf(times, cookieName, KEY) &&
              more.length === 0;
            if (!isRight) return "tampered";
            const [created, expires] = ofBase64url(times).split(" ").map(Number);
            return { text: ofBase64url(data), created: created!, expires: expires! };
          }
        })(),
    },
    breaks: [SENTENCES.joined],
    says: /opened the value made of the first \d+ characters of one value and the rest of another/,
  },
};
