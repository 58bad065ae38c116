import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { encodeUtf8 } from "../platform/bytes.js";
import { sha256 } from "../platform/crypto.js";
import type { SessionRecord } from "../records/record.js";
import type { SessionCodec } from "../records/session-codec.js";
import type { SessionData } from "../session.js";
import type { GuardedBackend } from "./guarded-backend.js";

/** The option `owner`, which may return anything. */
export type OwnerOf = (data: SessionData) => unknown;

const MAX_OWNER_BYTES = 1024;
const OWNER = `a string of 1 to ${MAX_OWNER_BYTES} bytes`;

/**
 * Which sessions each owner has, by their keys. One rule makes it exact: whenever a record of an owner
 * is alive, the owner's entry for its key is there. Therefore `linkBefore` comes before each write, and
 * `unlink` only after a record's death. An entry is a hint, and the record decides: it may have
 * another owner by now, or not be written yet.
 */
export class OwnerIndex {
  readonly #backend: GuardedBackend;
  readonly #codec: SessionCodec;
  readonly #option: OwnerOf;
  readonly #prefix: string;

  constructor(backend: GuardedBackend, codec: SessionCodec, option: OwnerOf, prefix: string) {
    this.#backend = backend;
    this.#codec = codec;
    this.#option = option;
    this.#prefix = prefix;
  }

  /**
   * Must precede the write of `next`: a sweep in between finds the entry, and then the record or not.
   *
   * @param current - The record that is replaced; `null` if there is none.
   * @returns whether there is a new entry. If the write fails because the record is dead, it must go.
   */
  async linkBefore(
    key: string,
    next: SessionRecord,
    current: SessionRecord | null,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    const isLonger = current === null || next.expires > current.expires;
    if (!isLonger && next.text === current.text) return false;
    const owner = this.#ownerIn(next);
    if (owner === undefined || (!isLonger && owner === this.#ownerIn(current))) return false;
    await this.#backend.link(await this.keyOf(owner), key, next, ctx);
    return true;
  }

  /** After the death of a record. Never rejects: an entry that stays only costs a read. */
  async unlink(key: string, dead: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    try {
      const owner = this.#ownerIn(dead);
      if (owner !== undefined) await this.#backend.unlink(await this.keyOf(owner), key, ctx);
    } catch {
      // It is removed when its time is over.
    }
  }

  /**
   * Whether the record must be a draft while its session moves, so that no list has it twice. A store
   * that cannot compare could not remove the mark in time.
   */
  needsDraft(record: SessionRecord): boolean {
    return this.#backend.compares && this.#ownerIn(record) !== undefined;
  }

  /** What the backend knows the owner by. */
  async keyOf(owner: string): Promise<string> {
    return `${this.#prefix}owner:${await sha256(`owner=${owner}`)}`;
  }

  /** The data in the record; `null` if they are not the owner's, `undefined` if `parse` refuses them. */
  dataOf(owner: string, { text }: SessionRecord): SessionData | null | undefined {
    const stored = this.#codec.deserialize(text);
    return stored ? (this.#ownerOf(stored.data) === owner ? stored.data : null) : undefined;
  }

  #ownerIn({ text }: SessionRecord): string | undefined {
    const stored = this.#codec.deserialize(text);
    const owner = stored && this.#ownerOf(stored.data);
    if (owner === undefined || owner === null || isOwner(owner)) return owner ?? undefined;
    throw new SessionError(
      "ERR_SESSION_DATA",
      `The option owner must return ${OWNER}, or undefined for a session that nobody owns.`,
    );
  }

  #ownerOf(data: SessionData): unknown {
    try {
      return this.#option(data);
    } catch (cause) {
      throw new SessionError("ERR_SESSION_DATA", "The option owner threw an error.", { cause });
    }
  }
}

/**
 * For a method that the app calls.
 *
 * @throws {TypeError} for what cannot be an owner, and for a store without the option `owner`.
 */
export function assertOwner(method: string, owner: unknown, hasOption: boolean): void {
  if (!hasOption)
    throw new TypeError(`${method}() needs the store's option owner: (data) => data.userId.`);
  if (!isOwner(owner)) throw new TypeError(`The owner for ${method}() must be ${OWNER}.`);
}

function isOwner(owner: unknown): owner is string {
  return (
    typeof owner === "string" &&
    owner !== "" &&
    owner.length <= MAX_OWNER_BYTES &&
    encodeUtf8(owner).length <= MAX_OWNER_BYTES
  );
}
