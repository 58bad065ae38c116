import pg from "pg";
import { PostgresSessionStore } from "../../../examples/postgres-store.js";
import { RedisSessionStore, type ExternalStore } from "../../../lib/node.js";
import { loadClient } from "../redis/clients.js";
import type { ServerSettings } from "./messages.js";

const POOL_SIZE = 10;

/** The store of one process. */
export async function openStore(settings: ServerSettings): Promise<ExternalStore> {
  const { address, client, timeoutSeconds } = settings;
  const options = { timeout: timeoutSeconds, owner: (data: { owner?: string }) => data.owner };
  if (address.topology === "PostgreSQL") {
    const timeoutMs = timeoutSeconds * 1000;
    const pool = new pg.Pool({
      ...address.connection,
      max: POOL_SIZE,
      connectionTimeoutMillis: timeoutMs,
      statement_timeout: timeoutMs,
    });
    pool.on("error", () => {}); // the server stops before this process
    return new PostgresSessionStore({ pool, ...options });
  }
  const create = await loadClient(client, address.topology);
  const { deployment } = address;
  return new RedisSessionStore({ getClient: () => create(deployment), ...options });
}
