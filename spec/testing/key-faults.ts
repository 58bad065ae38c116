import type { ExternalStoreOptions, Insertion, Replacement } from "../../lib/index.js";
import { TableStore, type Table } from "../support/table-store.js";
import type { Fault } from "./external-faults.js";
import { isGlob, isInClasses, isLike } from "./patterns.js";

/** What finds the row of a key. */
type Fits = (key: string, row: string) => boolean;

/** Stores whose update() or remove() finds rows by a comparison that is not exact. */
function updatesBy(fits: Fits): typeof TableStore {
  return class extends TableStore {
    protected override async update(key: string, replacement: Replacement): Promise<boolean> {
      const rows = [...this.table.keys()].filter((row) => fits(key, row));
      const updates = rows.map((row) => super.update(row, replacement));
      return (await Promise.all(updates)).includes(true);
    }
  };
}

function removesBy(fits: Fits): typeof TableStore {
  return class extends TableStore {
    protected override async remove(key: string): Promise<void> {
      const rows = [...this.table.keys()].filter((row) => fits(key, row));
      for (const row of rows) await super.remove(row);
    }
  };
}

const byCase: Fits = (key, row) => key.toLowerCase() === row.toLowerCase();

const byLike: Fits = (key, row) => isLike(row, key);
const byGlob: Fits = (key, row) => isGlob(row, key);
const byClasses: Fits = (key, row) => isInClasses(row, key);

/** A store whose hooks change the key first. */
export function keepsKeysAs(change: (key: string) => string): typeof TableStore {
  return class extends TableStore {
    protected override rowOf(key: string) {
      return super.rowOf(change(key));
    }
    protected override write(key: string, insertion: Insertion): void {
      super.write(change(key), insertion);
    }
    protected override async remove(key: string): Promise<void> {
      return super.remove(change(key));
    }
  };
}

const NEIGHBOURS = "Two keys that differ in one character are the keys of two records.";
const PREFIXES = "A prefix can contain any characters.";
const LONG_PREFIX = "A prefix can have 251 characters.";
const PREFIXES_OF_OWNERS = "The prefix of an owner and its keys can contain any characters.";

/** Stores that take one key for another. */
export const KEY_FAULTS: Record<string, Fault> = {
  "ignores the case of keys": {
    Store: keepsKeysAs((key) => key.toLowerCase()),
    breaks: [NEIGHBOURS, PREFIXES, LONG_PREFIX],
    says: "case matters",
  },
  "treats keys as paths": {
    Store: keepsKeysAs((key) => new URL(key.replaceAll("\\", "/"), "file:///").href),
    breaks: [PREFIXES],
    says: "declare anyPrefix: false",
  },
  "updates without regard to the case of keys": {
    Store: updatesBy(byCase),
    breaks: [NEIGHBOURS, PREFIXES, LONG_PREFIX],
  },
  "updates by LIKE": { Store: updatesBy(byLike), breaks: [NEIGHBOURS, PREFIXES, LONG_PREFIX] },
  "updates by GLOB": { Store: updatesBy(byGlob), breaks: [PREFIXES] },
  "updates by classes of characters": { Store: updatesBy(byClasses), breaks: [PREFIXES] },
  "removes by classes of characters": { Store: removesBy(byClasses), breaks: [PREFIXES] },
  "removes without regard to the case of keys": {
    Store: removesBy(byCase),
    breaks: [NEIGHBOURS, PREFIXES, LONG_PREFIX],
  },
  "removes by LIKE": { Store: removesBy(byLike), breaks: [NEIGHBOURS, PREFIXES, LONG_PREFIX] },
  "removes by GLOB": { Store: removesBy(byGlob), breaks: [PREFIXES] },
  "unlinks by LIKE": {
    Store: class extends TableStore {
      protected override async unlink(owner: string, key: string): Promise<void> {
        for (const entry of this.entriesOf(owner).keys()) {
          if (byLike(key, entry)) await super.unlink(owner, entry);
        }
      }
    },
    breaks: [
      "Owners that differ in one character are several owners, and such keys several entries.",
    ],
  },
  "cuts keys at 255 characters": {
    Store: keepsKeysAs((key) => key.slice(0, 255)),
    breaks: [LONG_PREFIX],
    says: "declare anyPrefix: false",
  },
  "trims keys": {
    Store: keepsKeysAs((key) => key.trim()),
    breaks: [PREFIXES],
    says: "declare anyPrefix: false",
  },
  "trims its prefix": {
    Store: class extends TableStore {
      constructor(table?: Table, { prefix, ...options }: ExternalStoreOptions = {}) {
        super(table, { prefix: prefix?.trim(), ...options });
      }
    },
    breaks: [PREFIXES, PREFIXES_OF_OWNERS],
  },
  "rejects long prefixes, and does not declare it": {
    Store: class extends TableStore {
      constructor(table?: Table, options: ExternalStoreOptions = {}) {
        if ((options.prefix?.length ?? 0) > 200) throw new TypeError("At most 200 characters.");
        super(table, options);
      }
    },
    breaks: [PREFIXES, LONG_PREFIX, "linked() returns all of 1800 entries.", PREFIXES_OF_OWNERS],
    says: "declare anyPrefix: false",
  },
};
