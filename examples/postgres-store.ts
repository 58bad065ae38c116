import { ExternalStore, type ExternalStoreOptions } from "@hattip/session";
import type { Pool } from "pg";

/** To be run once. The collation compares bytes, and is the fastest. */
export const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS sessions (
    key text COLLATE "C" PRIMARY KEY,
    record text COLLATE "C" NOT NULL,
    expires timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires)`;

/** To be run now and then, by a timer or by pg_cron: the store reads no expired rows, but leaves them where they are. */
export const DELETE_EXPIRED = "DELETE FROM sessions WHERE expires <= now()";

const READ = "SELECT record FROM sessions WHERE key = $1 AND expires > now()";
const CREATE = `
  INSERT INTO sessions VALUES ($1, $2, now() + make_interval(secs => $3))
  ON CONFLICT DO NOTHING`;
// Of two at once the second waits for the first, and then looks at the condition again.
const UPDATE = `
  UPDATE sessions SET record = $2, expires = now() + make_interval(secs => $3)
  WHERE key = $1 AND record = $4 AND expires > now()`;
const REMOVE = "DELETE FROM sessions WHERE key = $1";

/**
 * Keeps sessions in PostgreSQL. Give the pool a `connectionTimeoutMillis` and a `statement_timeout` of the store's `timeout`
 * (2 s), so that nothing is done later for which nobody waits any longer, and a listener for `error`: without one, a restart of the
 * server ends the process.
 */
export class PostgresSessionStore extends ExternalStore {
  readonly #pool: Pool;

  constructor({ pool, ...options }: ExternalStoreOptions & { pool: Pool }) {
    super(options);
    this.#pool = pool;
  }

  protected async read(key: string): Promise<string | null> {
    const { rows } = await this.#pool.query<{ record: string }>(READ, [key]);
    return rows[0]?.record ?? null;
  }

  protected async create(key: string, text: string, ttl: number): Promise<boolean> {
    const { rowCount } = await this.#pool.query(CREATE, [key, text, ttl]);
    return rowCount === 1;
  }

  protected async update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
  ): Promise<boolean> {
    const { rowCount } = await this.#pool.query(UPDATE, [key, text, ttl, expected]);
    return rowCount === 1;
  }

  protected async remove(key: string): Promise<void> {
    await this.#pool.query(REMOVE, [key]);
  }
}
