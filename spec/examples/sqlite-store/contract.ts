// Runs on a version of Node that has SQLite, in a process of its own.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import type { ExternalStoreOptions } from "@hattip/session";
import { DELETE_EXPIRED, SqliteSessionStore } from "../../../examples/sqlite-store.js";
import { externalHooksOf, externalStoreContract } from "../../../lib/testing.js";
import { close, connect, create } from "./stores.js";

const BUSY_TIMEOUT_MS = 500;
const TTL = 60;

const db = connect();
after(() => db.close());

/** Another connection has locked the file, and its transaction does not end. */
function broken(options: ExternalStoreOptions): SqliteSessionStore {
  const file = `${process.env["DATABASE"]}-${randomUUID()}`;
  const locked = connect(file);
  locked.exec("PRAGMA journal_mode = DELETE; PRAGMA busy_timeout = 20");
  const store = new SqliteSessionStore({ db: locked, ...options });
  const other = new DatabaseSync(file);
  other.exec("BEGIN EXCLUSIVE");
  after(() => [locked, other].forEach((each) => each.close()));
  return store;
}

function deleteExpired(): void {
  db.exec(process.env["FAULT"] === "deletes the living" ? "DELETE FROM sessions" : DELETE_EXPIRED);
}

externalStoreContract(
  { describe, it },
  {
    create,
    close,
    module: new URL("./stores.ts", import.meta.url),
    deleteExpired,
    broken,
  },
);

void describe("with SQLite", () => {
  void it("deletes the rows that have expired, and no others", () => {
    db.exec("DELETE FROM sessions; DELETE FROM session_owners");
    db.exec(
      `INSERT INTO sessions VALUES ('old', '', unixepoch() - 1), ('new', '', unixepoch() + 60);
       INSERT INTO session_owners VALUES ('o', 'old', unixepoch() - 1), ('o', 'new', unixepoch() + 60)`,
    );
    db.exec(DELETE_EXPIRED);
    for (const table of ["sessions", "session_owners"]) {
      const rows = db.prepare(`SELECT key FROM ${table}`).all();
      assert.deepEqual(
        rows.map(({ key }) => key),
        ["new"],
      );
    }
  });

  void it("reads while another connection holds the lock, and fails a write when busy_timeout has passed", async () => {
    const store = create({});
    const hooks = externalHooksOf(store);
    const call = { ctx: {} as never, signal: new AbortController().signal };
    await hooks.create("locked", { text: "a", ttl: TTL }, call);
    db.exec("BEGIN EXCLUSIVE");
    try {
      assert.equal(await hooks.read("locked", call), "a");
      const begin = performance.now();
      const replacement = { text: "b", ttl: TTL, expected: "a" };
      assert.throws(() => hooks.update("locked", replacement, call), /database is locked/);
      const waitedMs = performance.now() - begin;
      assert.ok(waitedMs >= BUSY_TIMEOUT_MS * 0.8, `It waited for ${waitedMs} ms.`);
    } finally {
      db.exec("ROLLBACK");
      close(store);
    }
  });
});
