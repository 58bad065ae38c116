import { setImmediate as turn } from "node:timers/promises";
import type { ExternalStoreOptions, Insertion } from "../../lib/index.js";
import { TableStore, type Table } from "../support/table-store.js";
import type { Fault } from "./external-faults.js";
import { keepsKeysAs } from "./key-faults.js";

const CHUNK = 16_384;
const STORED = "read() returns exactly the text that was written, whatever data it contains.";
const UNICODE =
  "read() returns exactly the text that was written, for characters of every kind of Unicode.";
const LARGE = "A record of 64 KiB is stored completely.";
const COMPARES = "update() compares every character of the text.";

/** A store whose update() takes two texts for the same if `form` makes them the same. */
function comparesBy(form: (text: string) => string): typeof TableStore {
  return class extends TableStore {
    protected override isExpected(stored: string, expected: string): boolean {
      return form(stored) === form(expected);
    }
  };
}

/** Faults that show only under one condition: a long text, a second prefix, a reader meanwhile. */
export const SUBTLE_FAULTS: Record<string, Fault> = {
  "gives a record that is read another life": {
    Store: class extends TableStore {
      readonly #ttls = new Map<string, number>();
      protected override write(key: string, insertion: Insertion): void {
        this.#ttls.set(key, insertion.ttl);
        super.write(key, insertion);
      }
      protected override async read(key: string): Promise<string | null> {
        const row = this.rowOf(key);
        if (row) row.dies = Date.now() + (this.#ttls.get(key) ?? 3600) * 1000;
        return super.read(key);
      }
    },
    breaks: ["read() returns null for a record whose ttl has passed."],
  },
  "keeps the last chunks of a longer text": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        const old = this.rowOf(key)?.text ?? "";
        const rest = old.slice(Math.ceil(text.length / CHUNK) * CHUNK);
        super.write(key, { text: text + rest, ttl });
      }
    },
    breaks: [UNICODE, LARGE],
  },
  "reads chunk by chunk while another process writes": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        let text = await super.read(key);
        for (let at = CHUNK; text !== null && at < text.length; at += CHUNK) {
          await turn();
          text = text.slice(0, at) + (this.rowOf(key)?.text.slice(at) ?? "");
        }
        return text;
      }
    },
    breaks: ["read() during an update() returns the old or the new text, and nothing else."],
  },
  "does not give the connection of a read back that finds nothing": {
    Store: class extends TableStore {
      #lost = 0;
      protected override async read(key: string): Promise<string | null> {
        const text = await super.read(key);
        if (text === null && ++this.#lost > 10) throw new Error("The pool is empty.");
        return text;
      }
    },
    breaks: ["read() returns null for a missing key and does not throw."],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "drops control characters": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        super.write(key, { text: text.replace(/[^\P{Cc}\t\n\r\u007F-\u009F]/gu, ""), ttl });
      }
    },
    breaks: [STORED],
  },
  "compares only the data, not the times": {
    Store: comparesBy((text) => text.split(".").slice(3).join(".")),
    breaks: [COMPARES],
  },
  "compares only the first 16 384 characters": {
    Store: comparesBy((text) => text.slice(0, CHUNK)),
    breaks: [COMPARES],
  },
  "takes different ends of lines for the same": {
    Store: comparesBy((text) => text.replaceAll("\r\n", "\n")),
    breaks: [COMPARES],
  },
  "drops the prefix, which must be letters": {
    Store: class extends keepsKeysAs((key) => key.slice(-43)) {
      protected override entriesOf(owner: string): Map<string, number> {
        return super.entriesOf(owner.slice(-43));
      }
    },
    options: () => ({ anyPrefix: false }),
    breaks: [
      "Two prefixes keep their records apart.",
      "Two prefixes keep their owners' entries apart.",
    ],
  },
  "does not pass stringify and parse on": {
    Store: class extends TableStore {
      constructor(table?: Table, options?: ExternalStoreOptions) {
        super(table, { ...options, stringify: undefined, parse: undefined });
      }
    },
    breaks: ["The options prefix, maxBytes, timeout, stringify and parse reach the base class."],
    says: "Pass the options on",
  },
  "lists only the first megabyte of an owner's entries": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        let bytes = 0;
        return (await super.linked(owner)).filter(
          (key) => (bytes += owner.length + key.length + 30) < 2 ** 20,
        );
      }
    },
    breaks: ["linked() returns all of 1800 entries."],
  },
  "deletes an entry to link it again": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        const entries = this.entriesOf(owner);
        const end = entries.get(key) ?? 0;
        entries.delete(key);
        await turn();
        await super.link(owner, key, ttl);
        entries.set(key, Math.max(end, entries.get(key) ?? 0));
      }
    },
    breaks: ["link() of a key that is linked keeps one entry."],
    mayBreak: [
      "Parallel link() and unlink() calls for one owner all count.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
};
