import type { SessionRecord } from "../../../lib/index.js";
import { SENTENCES, type Fault } from "./fault.js";
import { MacStore } from "./simple-stores.js";

/** A store that keeps only what `change` makes of a record. */
function keeping(says: RegExp, change: (record: SessionRecord) => Partial<SessionRecord>): Fault {
  return {
    options: {
      create: () =>
        new (class extends MacStore {
          protected override encode(record: SessionRecord): string {
            return super.encode({ ...record, ...change(record) });
          }
        })(),
    },
    breaks: [SENTENCES.exact],
    says,
  };
}

export const CONTENT_FAULTS: Record<string, Fault> = {
  "trims texts": keeping(/text is "", not " "/, ({ text }) => ({ text: text.trim() })),
  "trims line feeds at the end": keeping(/text is "", not "\\n"/, ({ text }) => ({
    text: text.replace(/[\r\n]+$/, ""),
  })),
  "cuts texts at NUL": keeping(/text is "a", not "a\\u0000b"/, ({ text }) => ({
    text: text.split("\0", 1)[0]!,
  })),
  "drops a byte order mark": keeping(/text is "{}"/, ({ text }) => ({
    text: new TextDecoder().decode(new TextEncoder().encode(text)),
  })),
  "normalizes texts": keeping(/text is/, ({ text }) => ({ text: text.normalize("NFC") })),
  "keeps times in 32 bits, with a sign": keeping(/expires is -\d+, not \d+/, ({ expires }) => ({
    expires: expires | 0,
  })),
  "does not keep when a session was created": keeping(/created is \d+, not/, () => ({
    created: Math.floor(Date.now() / 1000),
  })),
};
