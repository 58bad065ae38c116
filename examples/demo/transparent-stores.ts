import {
  RedisSessionStore,
  UnsafeMemoryStore,
  type BackendCall,
  type ExternalStore,
} from "@hattip/session";
import { createHash } from "node:crypto";
import type { createClient } from "redis";

/** An entry in the index of a user's sessions. */
export interface IndexEntry {
  /** The key of a session's record. */
  readonly key: string;
  /** In Redis: the millisecond in which the entry ends. */
  readonly score?: number;
}

/** An external store whose contents the demo can show. Apps do not need this. */
export type TransparentStore = ExternalStore & Transparent;

interface Transparent {
  /** The `session.id` of the session for which a cookie stands, also if it has ended. */
  idOf(cookieName: string, value: string): string;
  /** The key of the record of a session. */
  keyOf(id: string): string;
  /** The record under a key. */
  peek(key: string): Promise<string | null>;
  /** The key of the index of a user's sessions. */
  indexKeyOf(user: string): string;
  /** What the index holds. */
  entriesOf(user: string): Promise<IndexEntry[]>;
}

export function asTransparent(store: object): TransparentStore | null {
  return "peek" in store ? (store as TransparentStore) : null;
}

/** Whose session it is. */
const owner = ({ name }: { name?: string }): string | undefined => name;

export class TransparentMemoryStore extends UnsafeMemoryStore implements Transparent {
  constructor(prefix: string) {
    super({ prefix, owner });
  }

  idOf(cookieName: string, value: string): string {
    return sha256(`${cookieName}=${value}`);
  }

  keyOf(id: string): string {
    return this.prefix + id;
  }

  async peek(key: string): Promise<string | null> {
    return this.read(key);
  }

  indexKeyOf(user: string): string {
    return indexKey(this.prefix, user);
  }

  async entriesOf(user: string): Promise<IndexEntry[]> {
    return this.linked(this.indexKeyOf(user)).map((key) => ({ key }));
  }
}

export type RedisClient = ReturnType<typeof createClient>;

export class TransparentRedisStore extends RedisSessionStore implements Transparent {
  #newest: RedisClient | undefined;

  constructor(prefix: string, create: () => RedisClient) {
    // The store calls it again if the client hangs.
    super({ prefix, owner, getClient: () => (this.#newest = create()) });
  }

  idOf(cookieName: string, value: string): string {
    return sha256(`${cookieName}=${value}`);
  }

  keyOf(id: string): string {
    return this.prefix + id;
  }

  async peek(key: string): Promise<string | null> {
    // It opens the client, and throws if Redis does not answer.
    await this.ping();
    // The demo's getClient() does not use the request.
    const { signal } = new AbortController();
    return this.read(key, { signal } as BackendCall);
  }

  indexKeyOf(user: string): string {
    return indexKey(this.prefix, user);
  }

  async entriesOf(user: string): Promise<IndexEntry[]> {
    await this.ping();
    // A sorted set: each member is the key of a record, and its score says when it ends.
    const members = await this.#newest!.zRangeWithScores(this.indexKeyOf(user), 0, -1);
    return members.map(({ value, score }) => ({ key: value, score }));
  }
}

/** The store's format. The index holds hashes alone, no name and no ID. */
function indexKey(prefix: string, user: string): string {
  return `${prefix}owner:${sha256(`owner=${user}`)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
