import { expect } from "chai";
import { once } from "node:events";
import { Pool } from "pg";
import { Client } from "../../lib/testing/client.js";
import { externalStoreContract } from "../../lib/testing.js";
import {
  CREATE_TABLE,
  DELETE_EXPIRED,
  PostgresSessionStore,
} from "../../examples/postgres-store.js";
import { PATIENT } from "../support/patient.js";
import { PostgresServer } from "../support/postgres-server.js";
import { sweepRound } from "../support/sweep-round.js";

const ROUNDS = 200;
const ROUNDS_AT_ONCE = 4;
/** Each stands for a process: it has a store and connections of its own. */
const STORES = 3;

describe("The example PostgresSessionStore", () => {
  let server: PostgresServer;
  let pool: Pool;
  const pools: Pool[] = [];
  /** For each connection, a promise that resolves when it has closed. */
  const ends: Promise<unknown>[] = [];

  function newPool(max: number): Pool {
    const made = new Pool({ ...server.connection, max });
    made.on("connect", (client) => ends.push(once(client, "end")));
    pools.push(made);
    return made;
  }

  async function countOf(table: string): Promise<number> {
    const { rows } = await pool.query(`SELECT count(*)::int AS count FROM ${table}`);
    return rows[0].count;
  }

  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
    pool = newPool(8);
    await pool.query(CREATE_TABLE);
  });
  after(async () => {
    await Promise.all(pools.map((each) => each.end()));
    // pool.end() does not wait for its sockets. A server that stops sends an error to every open
    // socket.
    await Promise.all(ends);
    await server?.stop();
  });

  externalStoreContract(
    { describe, it },
    {
      create: (options) => new PostgresSessionStore({ pool, ...options }),
      deleteExpired: () => pool.query(DELETE_EXPIRED),
      // Nothing listens at port 1.
      broken: (options) =>
        new PostgresSessionStore({ pool: new Pool({ host: "127.0.0.1", port: 1 }), ...options }),
    },
  );

  describe("with PostgreSQL", () => {
    it("has run the contract on several connections, with the hooks of the option owner", async () => {
      expect(ends.length).to.be.at.least(8);
      const store = new PostgresSessionStore({ pool, owner: () => "ada" });
      expect(await store.sessionsOf("ada")).to.deep.equal([]);
    });

    it("compares bytes, independently of the collation of the database", async () => {
      const { rows } = await pool.query(
        `SELECT DISTINCT collation_name FROM information_schema.columns
         WHERE table_name IN ('sessions', 'session_owners') AND data_type = 'text'`,
      );
      expect(rows).to.deep.equal([{ collation_name: "C" }]);
    });

    it("deletes expired rows, which the store itself does not read", async () => {
      await pool.query("DELETE FROM sessions; DELETE FROM session_owners");
      await pool.query(
        `INSERT INTO sessions VALUES ('old', '', now() - interval '1 second'),
                                     ('new', '', now() + interval '1 minute');
         INSERT INTO session_owners VALUES ('o', 'old', now() - interval '1 second'),
                                           ('o', 'new', now() + interval '1 minute')`,
      );
      await pool.query(DELETE_EXPIRED);
      for (const table of ["sessions", "session_owners"]) {
        const { rows } = await pool.query(`SELECT key FROM ${table}`);
        expect(rows).to.deep.equal([{ key: "new" }]);
      }
    });
  });

  describe("with the option owner, in several stores with pools of their own", () => {
    it("ends all sessions that others save, move and begin meanwhile, and its tables are empty after the last expiry", async function () {
      this.timeout(240_000);
      await pool.query("DELETE FROM sessions; DELETE FROM session_owners");
      const stores = Array.from(
        { length: STORES },
        () =>
          new PostgresSessionStore({
            pool: newPool(4),
            timeout: PATIENT,
            owner: (data) => (data as { owner?: string }).owner,
          }),
      );
      const total = { survivors: 0, unlisted: 0, swept: 0, moves: 0, late: 0 };
      let begun = 0;
      const work = async (): Promise<void> => {
        while (begun < ROUNDS) {
          const outcome = await sweepRound(stores, begun++);
          for (const key of Object.keys(total) as (keyof typeof total)[])
            total[key] += outcome[key];
        }
      };
      await Promise.all(Array.from({ length: ROUNDS_AT_ONCE }, work));
      expect(total).to.include({ survivors: 0, unlisted: 0 });
      // Each round had sessions to end, requests that moved them, and log-ins that came later.
      expect(total.swept, "swept").to.be.at.least(ROUNDS);
      expect(total.moves, "moves").to.be.at.least(ROUNDS);
      expect(total.late, "late").to.be.at.least(ROUNDS);

      expect(await countOf("session_owners"), "entries left").to.be.below(ROUNDS);

      // These stay, and each has an entry under two owners.
      const clients = stores.map((store) => new Client(store, undefined));
      for (const owner of ["ada", "bob"]) {
        for (const client of clients) await client.visit(({ data }) => (data["owner"] = owner));
      }
      const { rows } = await pool.query(
        `SELECT count(*)::int AS count,
                max(expires) <= (SELECT max(expires) FROM sessions) + interval '61 seconds' AS ends
         FROM session_owners WHERE key IN (SELECT key FROM sessions WHERE record LIKE '%bob%')`,
      );
      expect(rows).to.deep.equal([{ count: STORES * 2, ends: true }]);
      for (const table of ["sessions", "session_owners"]) {
        await pool.query(`UPDATE ${table} SET expires = expires - interval '1 day 62 seconds'`);
      }
      await pool.query(DELETE_EXPIRED);
      expect(await countOf("sessions"), "sessions").to.equal(0);
      expect(await countOf("session_owners"), "session_owners").to.equal(0);
    });
  });
});
