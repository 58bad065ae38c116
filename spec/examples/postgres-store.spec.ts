import { expect } from "chai";
import { once } from "node:events";
import { Pool } from "pg";
import { externalStoreContract } from "../../lib/testing.js";
import {
  CREATE_TABLE,
  DELETE_EXPIRED,
  PostgresSessionStore,
} from "../../examples/postgres-store.js";
import { PostgresServer } from "../support/postgres-server.js";

describe("The example PostgresSessionStore", () => {
  let server: PostgresServer;
  let pool: Pool;
  /** For each connection, a promise that resolves when it has closed. */
  const ends: Promise<unknown>[] = [];

  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
    pool = new Pool({ ...server.connection, max: 8 });
    pool.on("connect", (client) => ends.push(once(client, "end")));
    await pool.query(CREATE_TABLE);
  });
  after(async () => {
    await pool.end();
    // pool.end() does not wait for its sockets. A server that stops sends an error to every open
    // socket.
    await Promise.all(ends);
    await server.stop();
  });

  externalStoreContract({ describe, it }, { create: () => new PostgresSessionStore({ pool }) });

  describe("with PostgreSQL", () => {
    it("has run the contract on several connections", () => {
      expect(ends.length).to.be.at.least(8);
    });

    it("compares bytes, independently of the collation of the database", async () => {
      const { rows } = await pool.query(
        `SELECT collation_name FROM information_schema.columns
         WHERE table_name = 'sessions' AND column_name IN ('key', 'record')`,
      );
      expect(rows).to.deep.equal([{ collation_name: "C" }, { collation_name: "C" }]);
    });

    it("deletes only expired rows", async () => {
      await pool.query("DELETE FROM sessions");
      await pool.query(
        `INSERT INTO sessions VALUES ('old', '', now() - interval '1 second'),
                                     ('new', '', now() + interval '1 minute')`,
      );
      await pool.query(DELETE_EXPIRED);
      const { rows } = await pool.query("SELECT key FROM sessions");
      expect(rows).to.deep.equal([{ key: "new" }]);
    });
  });
});
