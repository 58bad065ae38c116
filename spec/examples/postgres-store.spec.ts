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

describe("PostgresSessionStore, the example", () => {
  let server: PostgresServer;
  let pool: Pool;
  /** The end of every connection that there has been. */
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
    // The pool does not wait for its sockets, and a server that stops sends an
    // error to those that are open.
    await Promise.all(ends);
    await server.stop();
  });

  externalStoreContract({ describe, it }, { create: () => new PostgresSessionStore({ pool }) });

  describe("on its database", () => {
    it("has been put to the test by several connections at once", () => {
      expect(ends.length).to.be.at.least(8);
    });

    it("compares bytes, whatever collation the database has", async () => {
      const { rows } = await pool.query(
        `SELECT collation_name FROM information_schema.columns
         WHERE table_name = 'sessions' AND column_name IN ('key', 'record')`,
      );
      expect(rows).to.deep.equal([{ collation_name: "C" }, { collation_name: "C" }]);
    });

    it("loses expired rows to the clean-up, and no others", async () => {
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
