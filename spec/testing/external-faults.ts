import { setImmediate as turn } from "node:timers/promises";
import type { Insertion, Replacement } from "../../lib/index.js";
import type { ExternalStoreContractOptions } from "../../lib/testing.js";
import { TableStore, type Table } from "../support/table-store.js";
import { isLike } from "./patterns.js";

/** A store with one fault, and the sentences of the contract that it breaks. */
export interface Fault {
  Store: typeof TableStore;
  breaks: string[];
  /** Sentences about races that the store loses only sometimes. */
  mayBreak?: string[];
  /** What the store declares. */
  options?(table: Table): Partial<ExternalStoreContractOptions>;
  /** A part of the message of a sentence that is broken. */
  says?: string;
}

/** Each fault was found in a real store or follows from the default of a database. */
export const FAULTS: Record<string, Fault> = {
  "returns undefined for a missing key": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        return (await super.read(key)) ?? (undefined as unknown as null);
      }
    },
    breaks: [
      "read() returns null for a missing key and does not throw.",
      "update() returns false for a key that is missing or was removed, and creates nothing.",
      "read() sees every write and removal by another process, even if it has read the key before.",
      "An update() that races with remove() does not bring the record back.",
      "remove() deletes the record.",
      "remove() of a missing key does nothing and does not throw.",
      "update() does not bring back a record whose ttl has passed.",
      "read() returns null for a record whose ttl has passed.",
      "link() and unlink() change no record, and remove() changes no entry of another key.",
    ],
  },
  "throws for a missing key": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        if (!this.table.has(key)) throw new Error("not found");
        return super.read(key);
      }
    },
    breaks: [
      "read() returns null for a missing key and does not throw.",
      "update() returns false for a key that is missing or was removed, and creates nothing.",
      "read() sees every write and removal by another process, even if it has read the key before.",
      "An update() that races with remove() does not bring the record back.",
      "remove() deletes the record.",
      "remove() of a missing key does nothing and does not throw.",
      "load() rejects an ID that the store has not generated.",
      "link() and unlink() change no record, and remove() changes no entry of another key.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "trims the text that it reads": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        return (await super.read(key))?.trimEnd() ?? null;
      }
    },
    breaks: ["read() returns exactly the text that was written, whatever data it contains."],
  },
  "supports only characters of up to three UTF-8 bytes": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        super.write(key, { text: text.replace(/[\u{10000}-\u{10FFFF}]/gu, "?"), ttl });
      }
    },
    breaks: [
      "read() returns exactly the text that was written, whatever data it contains.",
      "read() returns exactly the text that was written, for characters of every kind of Unicode.",
      "A record of 64 KiB is stored completely.",
      "A prefix can contain any characters.",
      "load() returns exactly the data that were saved.",
    ],
  },
  "hides records that have expired according to their text": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        const text = await super.read(key);
        // The text of a tombstone says that it expired in 1970.
        const expires = Number(text?.split(".")[2]);
        return expires * 1000 <= Date.now() ? null : text;
      }
    },
    breaks: [
      "read() returns exactly the text that was written, whatever data it contains.",
      "destroy() with the old ID of a session that has moved ends the session.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "truncates long texts": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        super.write(key, { text: text.slice(0, 65_536), ttl });
      }
    },
    breaks: ["A record of 64 KiB is stored completely."],
  },
  "replaces an existing record on create": {
    Store: class extends TableStore {
      protected override async create(key: string, insertion: Insertion): Promise<boolean> {
        await turn();
        this.write(key, insertion);
        return true;
      }
    },
    breaks: [
      "create() returns false for a key that is taken, and does not replace the record.",
      "Exactly one of several parallel create() calls for one key inserts its record.",
    ],
  },
  "returns true from create() for an existing record": {
    Store: class extends TableStore {
      protected override async create(key: string, insertion: Insertion): Promise<boolean> {
        await super.create(key, insertion);
        return true;
      }
    },
    breaks: [
      "create() returns false for a key that is taken, and does not replace the record.",
      "Exactly one of several parallel create() calls for one key inserts its record.",
    ],
  },
  "checks and creates in two steps": {
    Store: class extends TableStore {
      protected override async create(key: string, insertion: Insertion): Promise<boolean> {
        if ((await this.read(key)) !== null) return false;
        await turn();
        this.write(key, insertion);
        return true;
      }
    },
    breaks: ["Exactly one of several parallel create() calls for one key inserts its record."],
  },
  "returns the number of updated rows": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        return Number(await super.update(key, replacement)) as unknown as boolean;
      }
    },
    breaks: [
      "read() returns exactly the text that was written, whatever data it contains.",
      "read() returns exactly the text that was written, for characters of every kind of Unicode.",
      "A record of 64 KiB is stored completely.",
      "Two keys that differ in one character are the keys of two records.",
      "A prefix can contain any characters.",
      "A prefix can have 251 characters.",
      "update() replaces the text and returns true if the stored text is the expected one.",
      "update() returns false for a key that is missing or was removed, and creates nothing.",
      "update() returns false and replaces nothing if the stored text is not the expected one.",
      "update() compares every character of the text.",
      "read() during an update() returns the old or the new text, and nothing else.",
      "update() and remove() change only the record under their key.",
      "read() sees every write and removal by another process, even if it has read the key before.",
      "Exactly one of several parallel update() calls that expect the same text replaces it.",
      "An update() that races with remove() does not bring the record back.",
      "create() and update() accept every ttl from 1 to 1 000 000 000 seconds.",
      "A record exists until its ttl has passed.",
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl has passed.",
      "read() returns null for a record whose ttl has passed.",
      "load() returns exactly the data that were saved.",
      "A session lasts from request to request until it is destroyed.",
      "A destroyed session stays destroyed if a concurrent request saves it.",
      "An expired session stays expired if a request saves it.",
      "destroy() with the old ID of a session that has moved ends the session.",
      "After regenerate() the old ID stays rejected, and the new ID has the data.",
      "Exactly one of several parallel regenerate() calls moves the session.",
      "Parallel requests that change different keys of the data lose no change.",
      "Concurrent increments by ctx.session.update() lose no increment.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "updates without comparing": {
    Store: class extends TableStore {
      protected override isExpected(): boolean {
        return true;
      }
    },
    breaks: [
      "update() returns false and replaces nothing if the stored text is not the expected one.",
      "update() compares every character of the text.",
      "Exactly one of several parallel update() calls that expect the same text replaces it.",
      "A destroyed session stays destroyed if a concurrent request saves it.",
      "After regenerate() the old ID stays rejected, and the new ID has the data.",
      "Exactly one of several parallel regenerate() calls moves the session.",
      "Parallel requests that change different keys of the data lose no change.",
      "Concurrent increments by ctx.session.update() lose no increment.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "inserts a missing record on update": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        await turn();
        if ((this.rowOf(key)?.text ?? replacement.expected) !== replacement.expected) return false;
        this.write(key, replacement);
        return true;
      }
    },
    breaks: [
      "update() returns false for a key that is missing or was removed, and creates nothing.",
      "An update() that races with remove() does not bring the record back.",
      "update() does not bring back a record whose ttl has passed.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "compares and writes in two steps": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        if ((await this.read(key)) !== replacement.expected) return false;
        await turn();
        this.write(key, replacement);
        return true;
      }
    },
    breaks: [
      "Exactly one of several parallel update() calls that expect the same text replaces it.",
      "An update() that races with remove() does not bring the record back.",
      "Exactly one of several parallel regenerate() calls moves the session.",
      "Parallel requests that change different keys of the data lose no change.",
      "Concurrent increments by ctx.session.update() lose no increment.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "compares under a lock that other processes do not see": {
    Store: class extends TableStore {
      #last: Promise<unknown> = Promise.resolve();
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        const turnInQueue = this.#last.then(async () => {
          if ((await this.read(key)) !== replacement.expected) return false;
          await turn();
          this.write(key, replacement);
          return true;
        });
        this.#last = turnInQueue;
        return turnInQueue;
      }
    },
    breaks: [
      "Exactly one of several parallel update() calls that expect the same text replaces it.",
      "Exactly one of several parallel regenerate() calls moves the session.",
      "Parallel requests that change different keys of the data lose no change.",
      "Concurrent increments by ctx.session.update() lose no increment.",
    ],
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "compares with a case-insensitive collation": {
    Store: class extends TableStore {
      protected override isExpected(stored: string, expected: string): boolean {
        return stored.toLowerCase() === expected.toLowerCase();
      }
    },
    breaks: ["update() compares every character of the text."],
  },
  "compares with LIKE": {
    Store: class extends TableStore {
      protected override isExpected(stored: string, expected: string): boolean {
        return isLike(stored, expected);
      }
    },
    // The engine of JavaScript refuses regular expressions as long as these texts.
    breaks: [
      "A record of 64 KiB is stored completely.",
      "update() compares every character of the text.",
      "read() during an update() returns the old or the new text, and nothing else.",
    ],
  },
  "caches the records that it has read": {
    Store: class extends TableStore {
      readonly #cache = new Map<string, string | null>();

      protected override async read(key: string): Promise<string | null> {
        const cached = this.#cache.get(key);
        if (cached !== undefined) return cached;
        const text = await super.read(key);
        this.#cache.set(key, text);
        return text;
      }

      protected override write(key: string, insertion: Insertion): void {
        this.#cache.delete(key);
        super.write(key, insertion);
      }

      protected override async remove(key: string): Promise<void> {
        this.#cache.delete(key);
        return super.remove(key);
      }
    },
    // Its writes meet conflicts until the store's timeout is over, a third of this.
    options: () => ({ timeoutSeconds: 6 }),
    breaks: [
      "read() sees every write and removal by another process, even if it has read the key before.",
      "read() returns null for a record whose ttl has passed.",
      "A destroyed session stays destroyed if a concurrent request saves it.",
      "Exactly one of several parallel regenerate() calls moves the session.",
      "Parallel requests that change different keys of the data lose no change.",
      "Concurrent increments by ctx.session.update() lose no increment.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "returns false if the update does not change the text": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        return (await super.update(key, replacement)) && replacement.text !== replacement.expected;
      }
    },
    breaks: ["update() replaces the text and returns true if the stored text is the expected one."],
  },
  "updates all keys that start with the given key": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        if (!(await super.update(key, replacement))) return false;
        for (const [other, row] of this.table) {
          if (other.startsWith(key) && row.text === replacement.expected)
            this.write(other, replacement);
        }
        return true;
      }
    },
    breaks: ["update() and remove() change only the record under their key."],
  },
  "throws if there is no record to remove": {
    Store: class extends TableStore {
      protected override async remove(key: string): Promise<void> {
        if (!this.table.has(key)) throw new Error("ENOENT");
        await super.remove(key);
      }
    },
    breaks: ["remove() of a missing key does nothing and does not throw."],
  },
  "removes nothing": {
    Store: class extends TableStore {
      protected override async remove(): Promise<void> {}
    },
    breaks: [
      "update() returns false for a key that is missing or was removed, and creates nothing.",
      "read() sees every write and removal by another process, even if it has read the key before.",
      "An update() that races with remove() does not bring the record back.",
      "remove() deletes the record.",
    ],
  },
  "removes all keys that start with the given key": {
    Store: class extends TableStore {
      protected override async remove(key: string): Promise<void> {
        for (const other of this.table.keys()) {
          if (other.startsWith(key)) this.table.delete(other);
        }
      }
    },
    breaks: ["update() and remove() change only the record under their key."],
  },
  "treats the ttl as milliseconds": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        // An hour would become 3.6 seconds, which could end in the middle of a slow spec.
        super.write(key, { text, ttl: ttl < 3600 ? Math.floor(ttl / 1000) : ttl });
      }
    },
    breaks: [
      "create() and update() accept every ttl from 1 to 1 000 000 000 seconds.",
      "A record exists until its ttl has passed.",
      "update() gives the record a new ttl.",
      "destroy() with the old ID of a session that has moved ends the session.",
    ],
    // Its tombstones are gone at once.
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "never expires records": {
    Store: class extends TableStore {
      protected override write(key: string, { text }: Insertion): void {
        super.write(key, { text, ttl: 1e9 });
      }
    },
    breaks: [
      "update() does not bring back a record whose ttl has passed.",
      "read() returns null for a record whose ttl has passed.",
    ],
    says: "declare ttlGranularity: Infinity",
  },
  "does not change the ttl on update": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        const dies = this.table.get(key)?.dies;
        const isDone = await super.update(key, replacement);
        if (isDone && dies) this.table.get(key)!.dies = dies;
        return isDone;
      }
    },
    breaks: [
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl has passed.",
      "read() returns null for a record whose ttl has passed.",
    ],
  },
  "updates expired records": {
    Store: class extends TableStore {
      protected override async update(key: string, replacement: Replacement): Promise<boolean> {
        await turn();
        if (this.table.get(key)?.text !== replacement.expected) return false;
        this.write(key, replacement);
        return true;
      }
    },
    breaks: ["update() does not bring back a record whose ttl has passed."],
  },
  "treats a long ttl as a date": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        // Memcached behaves like this.
        super.write(key, { text, ttl: ttl > 2_592_000 ? ttl - Date.now() / 1000 : ttl });
      }
    },
    breaks: ["create() and update() accept every ttl from 1 to 1 000 000 000 seconds."],
  },
  "expires records with a timer": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        super.write(key, { text, ttl });
        // setTimeout() does the same to long delays, with a warning.
        const milliseconds = ttl * 1000 < 2 ** 31 ? ttl * 1000 : 1;
        setTimeout(() => this.table.delete(key), milliseconds).unref();
      }
    },
    breaks: [
      "create() and update() accept every ttl from 1 to 1 000 000 000 seconds.",
      "update() gives the record a new ttl.",
    ],
  },
  "has a minimum ttl that it does not declare": {
    Store: class extends TableStore {
      protected override write(key: string, { text, ttl }: Insertion): void {
        if (ttl < 60) throw new Error("TTL must be at least 60.");
        super.write(key, { text, ttl });
      }
    },
    breaks: [
      "create() and update() accept every ttl from 1 to 1 000 000 000 seconds.",
      "A record exists until its ttl has passed.",
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl has passed.",
      "read() returns null for a record whose ttl has passed.",
      "An expired session stays expired if a request saves it.",
    ],
    says: "declare minTtl",
  },
  "compares, but declares that it cannot": {
    Store: class extends TableStore {
      protected override get compares(): boolean {
        return false;
      }
    },
    breaks: ["The store's getter `compares` agrees with the contract's option `compares`."],
  },
};
