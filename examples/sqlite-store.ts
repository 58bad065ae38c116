// A store on SQLite that your app can import. spec/examples/sqlite-store.spec.ts shows how to use it.
// It needs Node 22.13 or newer.
import {
  ExternalStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "@hattip/session";
import type { DatabaseSync } from "node:sqlite";

/**
 * Run this on each connection before you make the store. The second table is for the option `owner`:
 * it says which sessions a user has.
 *
 * With WAL, reads never wait for a write. With `synchronous = NORMAL`, a write does not wait for the
 * disk: a power failure, but no crash of your app, can undo the last writes, such as a
 * log-out. `FULL` prevents that; then each write holds up the process for some milliseconds.
 */
export const SETUP = `
  PRAGMA busy_timeout = 500;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY,
    record TEXT NOT NULL,
    expires INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires);
  CREATE TABLE IF NOT EXISTS session_owners (
    owner TEXT,
    key TEXT,
    expires INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS session_owners_expires ON session_owners (expires)`;

/**
 * Run this periodically. The store ignores expired rows, but does not delete them. The time is
 * SQLite's, which is that of the machine: so this needs no parameter, and also runs in a shell of
 * SQLite.
 */
export const DELETE_EXPIRED = `
  DELETE FROM sessions WHERE expires < unixepoch();
  DELETE FROM session_owners WHERE expires < unixepoch()`;

/** Preparing a statement takes longer than running it. */
function prepare(db: DatabaseSync) {
  return {
    read: db.prepare("SELECT record FROM sessions WHERE key = ? AND expires >= unixepoch()"),
    create: db.prepare(
      "INSERT INTO sessions VALUES (?, ?, unixepoch() + ?) ON CONFLICT DO NOTHING",
    ),
    // One statement: no other process can write between its comparison and its write.
    update: db.prepare(
      `UPDATE sessions SET record = ?, expires = unixepoch() + ?
       WHERE key = ? AND record = ? AND expires >= unixepoch()`,
    ),
    remove: db.prepare("DELETE FROM sessions WHERE key = ?"),
    // An entry must never end earlier than it would have without this statement.
    link: db.prepare(
      `INSERT INTO session_owners VALUES (?, ?, unixepoch() + ?)
       ON CONFLICT (owner, key) DO UPDATE SET expires = max(expires, excluded.expires)`,
    ),
    unlink: db.prepare("DELETE FROM session_owners WHERE owner = ? AND key = ?"),
    linked: db.prepare("SELECT key FROM session_owners WHERE owner = ? AND expires >= unixepoch()"),
  };
}

/**
 * Keeps sessions in a file of SQLite, for all processes of one machine.
 *
 * The driver is synchronous. While it waits for another process's lock, this process answers no
 * request, and the store's `timeout` cannot interrupt it. `busy_timeout` (in milliseconds) ends that
 * wait: then the call fails with `ERR_SESSION_STORE`. So keep it short, and let nothing hold the lock
 * for long: give the sessions a file of their own, on a local disk.
 *
 * Give the store a connection of its own, too. On a connection where your app has begun a transaction,
 * a log-out would be part of it, and its rollback would bring the session back.
 */
export class SqliteSessionStore extends ExternalStore {
  readonly #statements: ReturnType<typeof prepare>;

  constructor({ db, ...options }: ExternalStoreOptions & { db: DatabaseSync }) {
    super(options);
    this.#statements = prepare(db);
  }

  protected read(key: string): string | null {
    const row = this.#statements.read.get(key) as { record: string } | undefined;
    return row?.record ?? null;
  }

  protected create(key: string, { text, ttl }: Insertion): boolean {
    return this.#statements.create.run(key, text, ttl).changes > 0;
  }

  protected update(key: string, { text, ttl, expected }: Replacement): boolean {
    return this.#statements.update.run(text, ttl, key, expected).changes > 0;
  }

  protected remove(key: string): void {
    this.#statements.remove.run(key);
  }

  protected override link(owner: string, key: string, ttl: number): void {
    this.#statements.link.run(owner, key, ttl);
  }

  protected override unlink(owner: string, key: string): void {
    this.#statements.unlink.run(owner, key);
  }

  protected override linked(owner: string): string[] {
    const rows = this.#statements.linked.all(owner) as { key: string }[];
    return rows.map(({ key }) => key);
  }
}
