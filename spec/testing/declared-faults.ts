import type { ExternalStoreOptions, Insertion, Replacement } from "../../lib/index.js";
import { TableStore, type Table } from "../support/table-store.js";
import type { Fault } from "./external-faults.js";

/** Like DynamoDB: a clean-up deletes expired rows, and until then they can be read. */
class LateStore extends TableStore {
  protected override async read(key: string): Promise<string | null> {
    await super.read(key);
    return this.table.get(key)?.text ?? null;
  }
}

/** Its backend does not answer. */
class DownStore extends TableStore {
  protected override async read(_key: string): Promise<string | null> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async create(): Promise<boolean> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async update(): Promise<boolean> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async remove(): Promise<void> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async link(): Promise<void> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async unlink(): Promise<void> {
    throw new Error("connect ECONNREFUSED");
  }
  protected override async linked(): Promise<string[]> {
    throw new Error("connect ECONNREFUSED");
  }
}

export const CLEAN_UP = "The clean-up deletes what has expired, and nothing else.";
const BROKEN = "If the backend fails, every hook throws: none returns null, false or nothing.";
const STORED = "read() returns exactly the text that was written, whatever data it contains.";
const STORE_ERROR = "If the backend fails, a request that uses the session gets ERR_SESSION_STORE.";

/** Its clean-up takes its times for those of another time zone. */
export const DELETES_THE_LIVING: Pick<Fault, "Store" | "options"> = {
  Store: LateStore,
  options: cleanUp((dies) => dies <= Date.now() + 7_200_000),
};

/** A clean-up that deletes the rows and entries for which `isOver` is true. */
function cleanUp(isOver: (dies: number) => boolean) {
  return (table: Table): { deleteExpired(): void; ttlGranularity: number } => ({
    ttlGranularity: Infinity,
    deleteExpired() {
      for (const [key, { dies, entries }] of table) {
        if (isOver(dies)) table.delete(key);
        for (const [entry, ends] of entries ?? []) if (isOver(ends)) entries!.delete(entry);
      }
    },
  });
}

/** When each record would end if nothing had updated it. */
const firstEnds = new Map<string, number>();

const isExpired = (dies: number): boolean => dies <= Date.now();

/** Its backend counts whole seconds, and cuts the first one short. */
export class WholeSecondsStore extends TableStore {
  protected override write(key: string, insertion: Insertion): void {
    super.write(key, insertion);
    const row = this.table.get(key)!;
    row.dies -= row.dies % 1000;
  }
  protected override async update(key: string, replacement: Replacement): Promise<boolean> {
    // A busy machine may come so late that the record is over.
    if (replacement.ttl > 60) await new Promise((resolve) => setTimeout(resolve, 1200));
    return super.update(key, replacement);
  }
}

/** Stores that keep the contract, and declare what not every store has. */
export const DECLARED: Record<string, Pick<Fault, "Store" | "options">> = {
  "ships a clean-up": { Store: LateStore, options: cleanUp(isExpired) },
  "deletes late": { Store: LateStore, options: () => ({ ttlGranularity: Infinity }) },
  "can be broken": {
    Store: TableStore,
    options: () => ({ broken: (options) => new DownStore(new Map(), options) }),
  },
};

/** Faults that a store's declarations make visible. */
export const DECLARED_FAULTS: Record<string, Fault> = {
  "loses the ttl of update(), and deletes late": {
    Store: class extends LateStore {
      protected override write(key: string, insertion: Insertion): void {
        const dies = this.table.get(key)?.dies;
        super.write(key, insertion);
        if (dies !== undefined) this.table.get(key)!.dies = dies;
      }
    },
    options: () => ({ ttlGranularity: Infinity }),
    breaks: [
      "update() gives the record a new ttl.",
      "update() does not bring back a record whose ttl has passed.",
    ],
  },
  "has a clean-up that deletes nothing": {
    Store: LateStore,
    options: cleanUp(() => false),
    breaks: [CLEAN_UP],
  },
  "hides a backend that fails": {
    Store: TableStore,
    options: () => ({
      broken: (options) =>
        new (class extends DownStore {
          protected override async read(key: string): Promise<string | null> {
            return super.read(key).catch(() => null);
          }
          protected override async update(): Promise<boolean> {
            return super.update().catch(() => false);
          }
        })(new Map(), options),
    }),
    breaks: [BROKEN, STORE_ERROR],
    says: "read() returned null, update() returned false",
  },
  "hides the failure after its driver's own timeout": {
    Store: TableStore,
    options: () => ({
      broken: (options) =>
        new (class extends DownStore {
          protected override async read(): Promise<string | null> {
            await new Promise((resolve) => setTimeout(resolve, 3_000));
            return null;
          }
        })(new Map(), options),
    }),
    breaks: [BROKEN],
    says: "read() returned null.",
  },
  "does not give up": {
    Store: TableStore,
    options: () => ({
      timeoutSeconds: 9,
      broken: (options) =>
        new (class extends DownStore {
          protected override async remove(): Promise<void> {
            return new Promise(() => {});
          }
        })(new Map(), options),
    }),
    breaks: [BROKEN],
    says: "remove() has not given up after 3 s",
  },
  "hides that it could not remove or link": {
    Store: TableStore,
    options: () => ({
      broken: (options) =>
        new (class extends DownStore {
          protected override async remove(): Promise<void> {}
          protected override async link(): Promise<void> {}
        })(new Map(), options),
    }),
    breaks: [BROKEN],
    says: "remove() returned undefined, link() returned undefined",
  },
  "has a clean-up that deletes the tombstones of ended sessions": {
    Store: LateStore,
    options: (table) => ({
      ttlGranularity: Infinity,
      deleteExpired() {
        cleanUp(isExpired)(table).deleteExpired();
        for (const [key, { text }] of table) if (/^1\.\d+\.0\./.test(text)) table.delete(key);
      },
    }),
    breaks: [CLEAN_UP],
    mayBreak: [STORED],
  },
  "has a clean-up that goes by the ttl of create()": {
    Store: class extends LateStore {
      protected override async create(key: string, insertion: Insertion): Promise<boolean> {
        const isCreated = await super.create(key, insertion);
        if (isCreated) firstEnds.set(key, Date.now() + insertion.ttl * 1000);
        return isCreated;
      }
    },
    options: (table) => ({
      ttlGranularity: Infinity,
      deleteExpired() {
        cleanUp(isExpired)(table).deleteExpired();
        for (const [key, dies] of firstEnds) if (isExpired(dies)) table.delete(key);
      },
    }),
    breaks: [CLEAN_UP],
    mayBreak: ["update() gives the record a new ttl."],
  },
  "answers null when its circuit breaker is open": {
    Store: TableStore,
    options: () => ({
      broken: (options) =>
        new (class extends DownStore {
          #isOpen = false;
          protected override async read(key: string): Promise<string | null> {
            if (this.#isOpen) return null;
            this.#isOpen = true;
            return super.read(key);
          }
        })(new Map(), options),
    }),
    breaks: [BROKEN],
    says: "in the second call, read() returned null",
  },
  "does not pass maxBytes on": {
    Store: class extends TableStore {
      constructor(table?: Table, options?: ExternalStoreOptions) {
        super(table, { ...options, maxBytes: undefined });
      }
    },
    breaks: ["The options prefix, maxBytes, timeout, stringify and parse reach the base class."],
    says: "Pass the options on",
  },
  "answers without waiting, and shares its records": {
    Store: class extends TableStore {
      protected override async read(key: string): Promise<string | null> {
        return this.rowOf(key)?.text ?? null;
      }
    },
    breaks: ["If the driver is synchronous, its stores race between threads."],
    says: "Declare module",
  },
};
