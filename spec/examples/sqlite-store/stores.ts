// The contract's option `module`: worker threads import it, too, and make stores of their own.
import { DatabaseSync } from "node:sqlite";
import type { ExternalStoreOptions, Replacement } from "@hattip/session";
import { SETUP, SqliteSessionStore } from "../../../examples/sqlite-store.js";

const FILE = process.env["DATABASE"]!;
/** Faults that the contract must find, by the value of the environment variable FAULT. */
const FAULTY_STORES: Record<string, typeof SqliteSessionStore> = {
  "three statements": class extends SqliteSessionStore {
    protected override update(key: string, { expected, ...insertion }: Replacement): boolean {
      if (this.read(key) !== expected) return false;
      this.remove(key);
      return this.create(key, insertion);
    }
  },
};
const Store = FAULTY_STORES[process.env["FAULT"] ?? ""] ?? SqliteSessionStore;

const connections = new Map<SqliteSessionStore, DatabaseSync>();

export function connect(file: string = FILE): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(SETUP);
  return db;
}

/** A store with a connection of its own, as in a process of its own. */
export function create(options: ExternalStoreOptions): SqliteSessionStore {
  const db = connect();
  const store = new Store({ db, ...options });
  connections.set(store, db);
  return store;
}

export function close(store: SqliteSessionStore): void {
  connections.get(store)?.close();
  connections.delete(store);
}
