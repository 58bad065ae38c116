import { setImmediate as turn } from "node:timers/promises";
import type { ExternalStoreOptions } from "../../lib/index.js";
import { TableStore, type Table } from "../support/table-store.js";
import type { Fault } from "./external-faults.js";

/** Faults of the hooks `link`, `unlink` and `linked`. */
export const OWNER_FAULTS: Record<string, Fault> = {
  "lacks unlink()": {
    Store: class extends TableStore {
      constructor(table?: Table, options?: ExternalStoreOptions) {
        super(table, options);
        Object.defineProperty(this, "unlink", { value: undefined });
      }
    },
    breaks: ["The store has all of the hooks link(), unlink() and linked(), or none of them."],
  },
  "returns null for an owner without entries": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        const keys = await super.linked(owner);
        return keys.length > 0 ? keys : (null as unknown as string[]);
      }
    },
    breaks: [
      "linked() returns an empty array for an owner without entries.",
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "unlink() of a missing entry does nothing and does not throw.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "throws for an owner without entries": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        const keys = await super.linked(owner);
        if (keys.length === 0) throw new Error("not found");
        return keys;
      }
    },
    breaks: [
      "linked() returns an empty array for an owner without entries.",
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "unlink() of a missing entry does nothing and does not throw.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "returns the rows of an owner's entries": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        const keys = await super.linked(owner);
        return keys.map((key) => ({ key })) as unknown as string[];
      }
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "link() of a key that is linked keeps one entry.",
      "Parallel link() and unlink() calls for one owner all count.",
      "unlink() removes only the entry of this key and this owner.",
      "unlink() of a missing entry does nothing and does not throw.",
      "Owners that differ in one character are several owners, and such keys several entries.",
      "link() and unlink() change no record, and remove() changes no entry of another key.",
      "linked() returns all of 1800 entries.",
      "The prefix of an owner and its keys can contain any characters.",
      "link() accepts every ttl from 1 to 1 000 000 060 seconds.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "returns only the first page of an owner's entries": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        return (await super.linked(owner)).slice(0, 1000);
      }
    },
    breaks: ["linked() returns all of 1800 entries."],
  },
  "caches the entries that it has read": {
    Store: class extends TableStore {
      readonly #cache = new Map<string, string[]>();

      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        this.#cache.delete(owner);
        await super.link(owner, key, ttl);
      }

      protected override async unlink(owner: string, key: string): Promise<void> {
        this.#cache.delete(owner);
        await super.unlink(owner, key);
      }

      protected override async linked(owner: string): Promise<string[]> {
        const keys = this.#cache.get(owner) ?? (await super.linked(owner));
        this.#cache.set(owner, keys);
        return keys;
      }
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
    ],
  },
  "writes entries when its own process reads them": {
    Store: class extends TableStore {
      readonly #waiting: [owner: string, key: string, ttl: number][] = [];

      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        this.#waiting.push([owner, key, ttl]);
      }

      protected override async unlink(owner: string, key: string): Promise<void> {
        await this.#write();
        await super.unlink(owner, key);
      }

      protected override async linked(owner: string): Promise<string[]> {
        await this.#write();
        return super.linked(owner);
      }

      async #write(): Promise<void> {
        for (const args of this.#waiting.splice(0)) await super.link(...args);
      }
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "Parallel link() and unlink() calls for one owner all count.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
    ],
  },
  "has one entry for each owner": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        this.entriesOf(owner).clear();
        await super.link(owner, key, ttl);
      }
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "unlink() removes only the entry of this key and this owner.",
      "Owners that differ in one character are several owners, and such keys several entries.",
      "linked() returns all of 1800 entries.",
      "The prefix of an owner and its keys can contain any characters.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "reads the list of an owner's entries, and writes it in another step": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        await this.#change(owner, (entries) => entries.set(key, Date.now() + ttl * 1000));
      }

      protected override async unlink(owner: string, key: string): Promise<void> {
        await this.#change(owner, (entries) => entries.delete(key));
      }

      async #change(owner: string, act: (entries: Map<string, number>) => void): Promise<void> {
        const entries = new Map(this.entriesOf(owner));
        await turn();
        act(entries);
        this.table.set(owner, { text: "", dies: Infinity, entries });
      }
    },
    breaks: [
      "Parallel link() and unlink() calls for one owner all count.",
      "linked() returns all of 1800 entries.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
    mayBreak: [
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
    ],
  },
  "inserts an entry without looking whether it is there": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        if (this.entriesOf(owner).has(key)) throw new Error("duplicate key");
        await super.link(owner, key, ttl);
      }
    },
    breaks: [
      "link() of a key that is linked keeps one entry.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
    ],
  },
  "has a list instead of a set for each owner": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        const copies = [...this.entriesOf(owner).keys()].filter((each) => each.startsWith(key));
        await super.link(owner, key + " ".repeat(copies.length), ttl);
      }

      protected override async linked(owner: string): Promise<string[]> {
        return (await super.linked(owner)).map((key) => key.trimEnd());
      }
    },
    breaks: ["link() of a key that is linked keeps one entry."],
  },
  "gives an entry the ttl of its last link()": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        await super.link(owner, key, ttl);
        this.entriesOf(owner).set(key, Date.now() + ttl * 1000);
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "ignores link() of an entry that is there": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        if (!this.entriesOf(owner).has(key)) await super.link(owner, key, ttl);
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "gives all entries of an owner the ttl of the last link()": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        await super.link(owner, key, ttl);
        const entries = this.entriesOf(owner);
        for (const each of entries.keys()) entries.set(each, Date.now() + ttl * 1000);
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "gives all entries of an owner the ttl of the first link()": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        const [dies] = this.entriesOf(owner).values();
        await super.link(owner, key, ttl);
        if (dies !== undefined) this.entriesOf(owner).set(key, dies);
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "lets all entries of an owner live as long as the longest": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        const entries = this.entriesOf(owner);
        const isOver = Math.max(0, ...entries.values()) <= Date.now();
        return isOver ? super.linked(owner) : [...entries.keys()];
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "never ends an entry": {
    Store: class extends TableStore {
      protected override async linked(owner: string): Promise<string[]> {
        return [...this.entriesOf(owner).keys()];
      }
    },
    breaks: ["An entry lives for the longest ttl that link() has given it, and then ends."],
  },
  "treats the ttl of an entry as milliseconds": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        // An hour would become 3.6 seconds, which could end in the middle of a slow spec.
        await super.link(owner, key, ttl < 3600 ? Math.floor(ttl / 1000) : ttl);
      }
    },
    breaks: [
      "link() accepts every ttl from 1 to 1 000 000 060 seconds.",
      "An entry lives for the longest ttl that link() has given it, and then ends.",
    ],
  },
  "treats a long ttl of an entry as a date": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        await super.link(owner, key, ttl > 2_592_000 ? ttl - Date.now() / 1000 : ttl);
      }
    },
    breaks: ["link() accepts every ttl from 1 to 1 000 000 060 seconds."],
  },
  "unlinks all keys of the owner": {
    Store: class extends TableStore {
      protected override async unlink(owner: string): Promise<void> {
        this.entriesOf(owner).clear();
      }
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "unlink() removes only the entry of this key and this owner.",
      "unlink() of a missing entry does nothing and does not throw.",
      "Owners that differ in one character are several owners, and such keys several entries.",
      "link() and unlink() change no record, and remove() changes no entry of another key.",
      "The prefix of an owner and its keys can contain any characters.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSession() ends one session, and only if it is the owner's.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
    ],
  },
  "unlinks a key from all its owners": {
    Store: class extends TableStore {
      protected override async unlink(_owner: string, key: string): Promise<void> {
        for (const { entries } of this.table.values()) entries?.delete(key);
      }
    },
    breaks: [
      "unlink() removes only the entry of this key and this owner.",
      "Owners that differ in one character are several owners, and such keys several entries.",
    ],
  },
  "unlinks nothing": {
    Store: class extends TableStore {
      protected override async unlink(): Promise<void> {}
    },
    breaks: [
      "linked() sees every link() and unlink() by another process, even if it has read them before.",
      "Parallel link() and unlink() calls for one owner all count.",
      "unlink() removes only the entry of this key and this owner.",
      "unlink() of a missing entry does nothing and does not throw.",
      "Owners that differ in one character are several owners, and such keys several entries.",
      "link() and unlink() change no record, and remove() changes no entry of another key.",
      "The prefix of an owner and its keys can contain any characters.",
    ],
  },
  "throws if there is no entry to unlink": {
    Store: class extends TableStore {
      protected override async unlink(owner: string, key: string): Promise<void> {
        if (!this.entriesOf(owner).has(key)) throw new Error("not found");
        await super.unlink(owner, key);
      }
    },
    breaks: ["unlink() of a missing entry does nothing and does not throw."],
  },
  "ignores the case of owners": {
    Store: class extends TableStore {
      protected override entriesOf(owner: string): Map<string, number> {
        return super.entriesOf(owner.toLowerCase());
      }
    },
    breaks: [
      "Owners that differ in one character are several owners, and such keys several entries.",
      "The prefix of an owner and its keys can contain any characters.",
    ],
  },
  "ignores the case of an owner's keys": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        const same = [...this.entriesOf(owner).keys()].find(
          (each) => each.toLowerCase() === key.toLowerCase(),
        );
        await super.link(owner, same ?? key, ttl);
      }
    },
    breaks: [
      "Owners that differ in one character are several owners, and such keys several entries.",
    ],
  },
  "treats owners as paths": {
    Store: class extends TableStore {
      protected override entriesOf(owner: string): Map<string, number> {
        return super.entriesOf(new URL(owner.replaceAll("\\", "/"), "file:///").href);
      }
    },
    breaks: ["The prefix of an owner and its keys can contain any characters."],
  },
  "keeps an entry under the key of the record": {
    Store: class extends TableStore {
      protected override async link(owner: string, key: string, ttl: number): Promise<void> {
        await super.link(owner, key, ttl);
        if (!this.rowOf(key)) this.write(key, { text: `owner ${owner}`, ttl });
      }
    },
    breaks: [
      "link() and unlink() change no record, and remove() changes no entry of another key.",
      "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
      "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
      "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
      "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
      "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    ],
  },
  "removes the record that it unlinks": {
    Store: class extends TableStore {
      protected override async unlink(owner: string, key: string): Promise<void> {
        await super.unlink(owner, key);
        this.table.delete(key);
      }
    },
    breaks: ["link() and unlink() change no record, and remove() changes no entry of another key."],
    // The tombstone of a session that has moved is gone, too.
    mayBreak: ["endSessionsOf() leaves none alive that concurrent requests save, update and move."],
  },
  "removes the owner of a record that it removes": {
    Store: class extends TableStore {
      protected override async remove(key: string): Promise<void> {
        await super.remove(key);
        for (const { entries } of this.table.values()) if (entries?.has(key)) entries.clear();
      }
    },
    breaks: ["link() and unlink() change no record, and remove() changes no entry of another key."],
  },
};
