import pg from "pg";
import { CREATE_TABLE, DELETE_EXPIRED } from "../../../examples/postgres-store.js";
import { PATIENT } from "../../support/patient.js";
import { PostgresServer } from "../../support/postgres-server.js";
import type { Backend } from "./backend.js";

const TABLES =
  "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'";

export async function startPostgres(): Promise<Backend> {
  const server = await PostgresServer.start();
  const client = new pg.Client(server.connection);
  await client.connect();
  await client.query(CREATE_TABLE);
  const { rows: tables } = await client.query<{ name: string }>(TABLES);
  return {
    title: "PostgreSQL",
    address: { topology: "PostgreSQL", connection: server.connection },
    clients: ["pg", "pg", "pg"],
    timeoutSeconds: PATIENT,
    async leftovers() {
      await client.query(DELETE_EXPIRED);
      let [count, seconds] = [0, 0];
      for (const { name } of tables) {
        const { rows } = await client.query<{ count: number; seconds: number }>(
          `SELECT count(*)::int AS count,
                  coalesce(max(extract(epoch FROM expires - now())), 0)::float AS seconds
           FROM ${name}`,
        );
        count += rows[0]!.count;
        seconds = Math.max(seconds, rows[0]!.seconds);
      }
      return { count, seconds };
    },
    faults: [],
    mayHaveLost: () => false,
    async stop() {
      await client.end();
      await server.stop();
    },
  };
}
