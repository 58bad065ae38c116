// A store on PostgreSQL that your app can import. spec/examples/postgres-store.spec.ts shows how to
// use it.
import {
  ExternalStore,
  type ExternalStoreOptions,
  type Insertion,
  type Replacement,
} from "@hattip/session";
import type { Pool } from "pg";

/**
 * Run this once. The collation "C" compares bytes, and is the fastest. The second table is for the
 * option `owner`: it says which sessions a user has.
 */
export const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS sessions (
    key text COLLATE "C" PRIMARY KEY,
    record text COLLATE "C" NOT NULL,
    expires timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires);
  CREATE TABLE IF NOT EXISTS session_owners (
    owner text COLLATE "C",
    key text COLLATE "C",
    expires timestamptz NOT NULL,
    PRIMARY KEY (owner, key)
  );
  CREATE INDEX IF NOT EXISTS session_owners_expires ON session_owners (expires)`;

/**
 * Run this periodically, with a timer or pg_cron. The store ignores expired rows, but does not
 * delete them.
 */
export const DELETE_EXPIRED = `
  DELETE FROM sessions WHERE expires <= now();
  DELETE FROM session_owners WHERE expires <= now()`;

const READ = "SELECT record FROM sessions WHERE key = $1 AND expires > now()";
const CREATE = `
  INSERT INTO sessions VALUES ($1, $2, now() + make_interval(secs => $3))
  ON CONFLICT DO NOTHING`;
// If two updates are concurrent, the second waits for the first and checks its condition again.
const UPDATE = `
  UPDATE sessions SET record = $2, expires = now() + make_interval(secs => $3)
  WHERE key = $1 AND record = $4 AND expires > now()`;
const REMOVE = "DELETE FROM sessions WHERE key = $1";

// An entry must never end earlier than it would have without this statement.
const LINK = `
  INSERT INTO session_owners VALUES ($1, $2, now() + make_interval(secs => $3))
  ON CONFLICT (owner, key) DO UPDATE
  SET expires = GREATEST(session_owners.expires, EXCLUDED.expires)`;
const UNLINK = "DELETE FROM session_owners WHERE owner = $1 AND key = $2";
const LINKED = "SELECT key FROM session_owners WHERE owner = $1 AND expires > now()";

/**
 * Keeps sessions in PostgreSQL. Set the pool's `connectionTimeoutMillis` and `statement_timeout` to
 * the store's `timeout` (2 s), so that no statement runs after its request has timed out. Listen to
 * the pool's `error` event: without a listener, a restart of the server ends the process.
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

  protected async create(key: string, { text, ttl }: Insertion): Promise<boolean> {
    const { rowCount } = await this.#pool.query(CREATE, [key, text, ttl]);
    return rowCount === 1;
  }

  protected async update(key: string, { text, ttl, expected }: Replacement): Promise<boolean> {
    const { rowCount } = await this.#pool.query(UPDATE, [key, text, ttl, expected]);
    return rowCount === 1;
  }

  protected async remove(key: string): Promise<void> {
    await this.#pool.query(REMOVE, [key]);
  }

  protected override async link(owner: string, key: string, ttl: number): Promise<void> {
    await this.#pool.query(LINK, [owner, key, ttl]);
  }

  protected override async unlink(owner: string, key: string): Promise<void> {
    await this.#pool.query(UNLINK, [owner, key]);
  }

  protected override async linked(owner: string): Promise<string[]> {
    const { rows } = await this.#pool.query<{ key: string }>(LINKED, [owner]);
    return rows.map(({ key }) => key);
  }
}
