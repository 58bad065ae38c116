import { setImmediate as turn } from "node:timers/promises";
import { TableStore } from "../support/table-store.js";

/** A store with one fault, and the sentences that it breaks. */
export interface Fault {
  Store: typeof TableStore;
  breaks: string[];
}

/** Each of them has been seen in a store, or follows from a default of a database. */
export const FAULTS: Record<string, Fault> = {
  "answers undefined for a missing key": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        return (await super.read(key)) ?? (undefined as unknown as null);
      }
    },
    breaks: [
      "read() answers null for a missing key, which is not an error.",
      "update() answers false for a key that is missing or was removed, and never creates.",
      "read() answers with what others have written or removed, whatever it has answered before.",
      "A concurrent update() and remove() bring nothing back.",
      "remove() deletes the record.",
      "remove() of a missing key is a no-op, not an error.",
      "update() does not bring back a record whose ttl is over.",
      "A record whose ttl is over is gone.",
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
      "read() answers null for a missing key, which is not an error.",
      "update() answers false for a key that is missing or was removed, and never creates.",
      "read() answers with what others have written or removed, whatever it has answered before.",
      "A concurrent update() and remove() bring nothing back.",
      "remove() deletes the record.",
      "remove() of a missing key is a no-op, not an error.",
      "An ID that the store has not given out is no session.",
      "A session lives from request to request, until it is destroyed.",
      "A destroyed session stays dead, whatever a concurrent request saves.",
      "After regenerate() the old ID is dead, and the data lives under the new one.",
      "Of parallel regenerate() calls exactly one moves the session.",
    ],
  },
  "trims what it reads": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        return (await super.read(key))?.trimEnd() ?? null;
      }
    },
    breaks: ["read() answers with the text that was written, whatever its JSON holds."],
  },
  "has a character set of three bytes": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        super.write(key, text.replace(/[\u{10000}-\u{10FFFF}]/gu, "?"), ttl);
      }
    },
    breaks: [
      "read() answers with the text that was written, whatever its JSON holds.",
      "read() answers with the text that was written, for every character of Unicode.",
      "A record of 64 KiB is kept whole.",
      "A prefix may hold any characters.",
      "Data comes back as it was saved, whatever it holds.",
    ],
  },
  "cuts long texts off": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        super.write(key, text.slice(0, 65_535), ttl);
      }
    },
    breaks: ["A record of 64 KiB is kept whole."],
  },
  "folds the case of keys": {
    Store: class extends TableStore {
      protected override rowOf(key: string) {
        return super.rowOf(key.toLowerCase());
      }
      protected override write(key: string, text: string, ttl: number): void {
        super.write(key.toLowerCase(), text, ttl);
      }
      protected override async remove(key: string): Promise<void> {
        return super.remove(key.toLowerCase());
      }
    },
    breaks: [
      "Keys are opaque: any two that differ in a character are two keys.",
      "A prefix may hold any characters.",
    ],
  },
  "takes keys for paths": {
    Store: class extends TableStore {
      protected override rowOf(key: string) {
        return super.rowOf(pathOf(key));
      }
      protected override write(key: string, text: string, ttl: number): void {
        super.write(pathOf(key), text, ttl);
      }
      protected override async remove(key: string): Promise<void> {
        return super.remove(pathOf(key));
      }
    },
    breaks: ["A prefix may hold any characters."],
  },
  "replaces on create": {
    Store: class extends TableStore {
      protected override async create(key: string, text: string, ttl: number): Promise<boolean> {
        await turn();
        this.write(key, text, ttl);
        return true;
      }
    },
    breaks: [
      "create() answers false for a key that is taken, and never replaces.",
      "Of parallel create() calls for one key, exactly one inserts.",
    ],
  },
  "says that it has created what was there": {
    Store: class extends TableStore {
      protected override async create(key: string, text: string, ttl: number): Promise<boolean> {
        await super.create(key, text, ttl);
        return true;
      }
    },
    breaks: [
      "create() answers false for a key that is taken, and never replaces.",
      "Of parallel create() calls for one key, exactly one inserts.",
    ],
  },
  "looks before it creates": {
    Store: class extends TableStore {
      protected override async create(key: string, text: string, ttl: number): Promise<boolean> {
        if ((await this.read(key)) !== null) return false;
        await turn();
        this.write(key, text, ttl);
        return true;
      }
    },
    breaks: ["Of parallel create() calls for one key, exactly one inserts."],
  },
  "answers with the number of rows": {
    Store: class extends TableStore {
      protected override async update(...args: [string, string, number, string]): Promise<boolean> {
        return Number(await super.update(...args)) as unknown as boolean;
      }
    },
    breaks: [
      "read() answers with the text that was written, whatever its JSON holds.",
      "read() answers with the text that was written, for every character of Unicode.",
      "A record of 64 KiB is kept whole.",
      "update() replaces the text while it is still the expected one, and answers true.",
      "update() answers false for a key that is missing or was removed, and never creates.",
      "update() and remove() touch no record but the one under their key.",
      "read() answers with what others have written or removed, whatever it has answered before.",
      "update() answers false when the text is no longer the expected one, and replaces nothing.",
      "update() compares every character of the text.",
      "Of parallel update() calls that expect the same text, exactly one replaces it.",
      "A concurrent update() and remove() bring nothing back.",
      "create() and update() take every ttl from 1 to 1 000 000 000, in seconds.",
      "A record is there until its ttl is over.",
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl is over.",
      "A record whose ttl is over is gone.",
      "A session lives from request to request, until it is destroyed.",
      "A destroyed session stays dead, whatever a concurrent request saves.",
      "An expired session stays dead.",
      "After regenerate() the old ID is dead, and the data lives under the new one.",
      "Of parallel regenerate() calls exactly one moves the session.",
      "Parallel requests that change different keys all keep their change.",
      "Concurrent increments by ctx.session.update() all count.",
    ],
  },
  "does not compare": {
    Store: class extends TableStore {
      protected override isExpected(): boolean {
        return true;
      }
    },
    breaks: [
      "update() answers false when the text is no longer the expected one, and replaces nothing.",
      "update() compares every character of the text.",
      "Of parallel update() calls that expect the same text, exactly one replaces it.",
      "Of parallel regenerate() calls exactly one moves the session.",
      "Parallel requests that change different keys all keep their change.",
      "Concurrent increments by ctx.session.update() all count.",
    ],
  },
  "inserts what it finds missing on update": {
    Store: class extends TableStore {
      protected override async update(
        key: string,
        text: string,
        ttl: number,
        expected: string,
      ): Promise<boolean> {
        await turn();
        if ((this.rowOf(key)?.text ?? expected) !== expected) return false;
        this.write(key, text, ttl);
        return true;
      }
    },
    breaks: [
      "update() answers false for a key that is missing or was removed, and never creates.",
      "A concurrent update() and remove() bring nothing back.",
      "update() does not bring back a record whose ttl is over.",
      "A destroyed session stays dead, whatever a concurrent request saves.",
      "After regenerate() the old ID is dead, and the data lives under the new one.",
    ],
  },
  "compares, and then writes": {
    Store: class extends TableStore {
      protected override async update(
        key: string,
        text: string,
        ttl: number,
        expected: string,
      ): Promise<boolean> {
        if ((await this.read(key)) !== expected) return false;
        await turn();
        this.write(key, text, ttl);
        return true;
      }
    },
    breaks: [
      "Of parallel update() calls that expect the same text, exactly one replaces it.",
      "A concurrent update() and remove() bring nothing back.",
      "Of parallel regenerate() calls exactly one moves the session.",
      "Parallel requests that change different keys all keep their change.",
      "Concurrent increments by ctx.session.update() all count.",
    ],
  },
  "compares under a lock of its own process": {
    Store: class extends TableStore {
      #last: Promise<unknown> = Promise.resolve();
      protected override async update(
        key: string,
        text: string,
        ttl: number,
        expected: string,
      ): Promise<boolean> {
        const turnOfMine = this.#last.then(async () => {
          if ((await this.read(key)) !== expected) return false;
          await turn();
          this.write(key, text, ttl);
          return true;
        });
        this.#last = turnOfMine;
        return turnOfMine;
      }
    },
    breaks: [
      "Of parallel update() calls that expect the same text, exactly one replaces it.",
      "Of parallel regenerate() calls exactly one moves the session.",
      "Parallel requests that change different keys all keep their change.",
      "Concurrent increments by ctx.session.update() all count.",
    ],
  },
  "compares with a collation": {
    Store: class extends TableStore {
      protected override isExpected(stored: string, expected: string): boolean {
        return stored.toLowerCase() === expected.toLowerCase();
      }
    },
    breaks: ["update() compares every character of the text."],
  },
  "compares by LIKE": {
    Store: class extends TableStore {
      protected override isExpected(stored: string, expected: string): boolean {
        const pattern = expected.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
        const like = new RegExp(`^${pattern.replaceAll("_", ".").replaceAll("%", ".*")}$`, "s");
        return like.test(stored);
      }
    },
    breaks: ["update() compares every character of the text."],
  },
  "keeps what it has read": {
    Store: class extends TableStore {
      readonly #cache = new Map<string, string | null>();

      protected override async read(key: string): Promise<string | null> {
        const cached = this.#cache.get(key);
        if (cached !== undefined) return cached;
        const text = await super.read(key);
        this.#cache.set(key, text);
        return text;
      }

      protected override write(key: string, text: string, ttl: number): void {
        this.#cache.delete(key);
        super.write(key, text, ttl);
      }

      protected override async remove(key: string): Promise<void> {
        this.#cache.delete(key);
        return super.remove(key);
      }
    },
    breaks: [
      "read() answers with what others have written or removed, whatever it has answered before.",
      "A destroyed session stays dead, whatever a concurrent request saves.",
      "Of parallel regenerate() calls exactly one moves the session.",
      "Parallel requests that change different keys all keep their change.",
      "Concurrent increments by ctx.session.update() all count.",
    ],
  },
  "counts the rows that have changed": {
    Store: class extends TableStore {
      protected override async update(
        ...[key, text, ttl, expected]: [string, string, number, string]
      ): Promise<boolean> {
        return (await super.update(key, text, ttl, expected)) && text !== expected;
      }
    },
    breaks: ["update() replaces the text while it is still the expected one, and answers true."],
  },
  "updates what begins alike": {
    Store: class extends TableStore {
      protected override async update(
        ...[key, text, ttl, expected]: [string, string, number, string]
      ): Promise<boolean> {
        if (!(await super.update(key, text, ttl, expected))) return false;
        for (const [other, row] of this.table) {
          if (other.startsWith(key) && row.text === expected) this.write(other, text, ttl);
        }
        return true;
      }
    },
    breaks: ["update() and remove() touch no record but the one under their key."],
  },
  "throws when there is nothing to remove": {
    Store: class extends TableStore {
      protected override async remove(key: string): Promise<void> {
        if (!this.table.has(key)) throw new Error("ENOENT");
        await super.remove(key);
      }
    },
    breaks: ["remove() of a missing key is a no-op, not an error."],
  },
  "removes nothing": {
    Store: class extends TableStore {
      protected override async remove(): Promise<void> {}
    },
    breaks: [
      "update() answers false for a key that is missing or was removed, and never creates.",
      "read() answers with what others have written or removed, whatever it has answered before.",
      "A concurrent update() and remove() bring nothing back.",
      "remove() deletes the record.",
      "A session lives from request to request, until it is destroyed.",
      "A destroyed session stays dead, whatever a concurrent request saves.",
    ],
  },
  "removes what begins alike": {
    Store: class extends TableStore {
      protected override async remove(key: string): Promise<void> {
        for (const other of this.table.keys()) {
          if (other.startsWith(key)) this.table.delete(other);
        }
      }
    },
    breaks: ["update() and remove() touch no record but the one under their key."],
  },
  "takes the ttl for milliseconds": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        // An hour would be over in the midst of a slow run.
        super.write(key, text, ttl < 3600 ? Math.floor(ttl / 1000) : ttl);
      }
    },
    breaks: [
      "create() and update() take every ttl from 1 to 1 000 000 000, in seconds.",
      "A record is there until its ttl is over.",
      "update() gives the record a new ttl.",
    ],
  },
  "never forgets": {
    Store: class extends TableStore {
      protected override write(key: string, text: string): void {
        super.write(key, text, 1e9);
      }
    },
    breaks: [
      "update() does not bring back a record whose ttl is over.",
      "A record whose ttl is over is gone.",
    ],
  },
  "keeps the first ttl": {
    Store: class extends TableStore {
      protected override async update(
        ...[key, text, ttl, expected]: [string, string, number, string]
      ): Promise<boolean> {
        const dies = this.table.get(key)?.dies;
        const isDone = await super.update(key, text, ttl, expected);
        if (isDone && dies) this.table.get(key)!.dies = dies;
        return isDone;
      }
    },
    breaks: ["update() gives the record a new ttl.", "A record whose ttl is over is gone."],
  },
  "updates what it no longer reads": {
    Store: class extends TableStore {
      protected override async update(
        ...[key, text, ttl, expected]: [string, string, number, string]
      ): Promise<boolean> {
        await turn();
        if (this.table.get(key)?.text !== expected) return false;
        this.write(key, text, ttl);
        return true;
      }
    },
    breaks: ["update() does not bring back a record whose ttl is over."],
  },
  "takes long lifetimes for dates": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        // As memcached does.
        super.write(key, text, ttl > 2_592_000 ? ttl - Date.now() / 1000 : ttl);
      }
    },
    breaks: ["create() and update() take every ttl from 1 to 1 000 000 000, in seconds."],
  },
  "counts lifetimes down by a timer": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        super.write(key, text, ttl);
        // As setTimeout() does, without its warning.
        const milliseconds = ttl * 1000 < 2 ** 31 ? ttl * 1000 : 1;
        setTimeout(() => this.table.delete(key), milliseconds).unref();
      }
    },
    breaks: [
      "create() and update() take every ttl from 1 to 1 000 000 000, in seconds.",
      "update() gives the record a new ttl.",
    ],
  },
  "has a shortest lifetime that it does not declare": {
    Store: class extends TableStore {
      protected override write(key: string, text: string, ttl: number): void {
        if (ttl < 60) throw new Error("TTL must be at least 60.");
        super.write(key, text, ttl);
      }
    },
    breaks: [
      "create() and update() take every ttl from 1 to 1 000 000 000, in seconds.",
      "A record is there until its ttl is over.",
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl is over.",
      "A record whose ttl is over is gone.",
      "An expired session stays dead.",
      "After regenerate() the old ID is dead, and the data lives under the new one.",
      "Of parallel regenerate() calls exactly one moves the session.",
    ],
  },
  "does not declare that it cannot compare": {
    Store: class extends TableStore {
      protected override get compares(): boolean {
        return false;
      }
    },
    breaks: [
      "The store declares by `compares` whether update() compares.",
      "Of parallel regenerate() calls exactly one moves the session.",
    ],
  },
};

function pathOf(key: string): string {
  return new URL(key.replaceAll("\\", "/"), "file:///").href;
}
