import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertOption } from "../option-checks.js";
import { currentSecond, isAlive } from "../records/expiry.js";
import type { SessionRecord } from "../records/record.js";
import type { Session, SessionData } from "../session.js";
import type { GuardedBackend } from "./guarded-backend.js";
import type { OwnerIndex } from "./owner-index.js";
import type { SessionEnder } from "./session-ender.js";
import { isHash } from "./session-id.js";
import { isTombstone, successorIn, TOMBSTONE_TTL_SECONDS } from "./tombstone.js";

/** A session, as `sessionsOf()` lists it. */
export interface OwnedSession<Data extends object = SessionData> {
  /** The `ctx.session.id` of its requests, and what `endSession()` takes. It is no credential. */
  readonly id: string;
  /** When it began, or was last moved by `regenerate()`: seconds since 1970. */
  readonly created: number;
  /** When it ends if no later request uses it: seconds since 1970. */
  readonly expires: number;
  /** A copy of its data. */
  readonly data: Data;
}

/** So many calls of the backend are on their way at once. */
const PARALLEL_CALLS = 100;
/** A pass that finds sessions is followed by another one. Each of them may find a new log-in. */
const MAX_PASSES = 20;
/**
 * A tombstone tells for a minute where its session has moved. A pass that takes longer than half of
 * that, for which the clocks of two servers may differ, may have missed one.
 */
const MAX_PASS_SECONDS = TOMBSTONE_TTL_SECONDS / 2;

/**
 * Lists and ends the sessions of an owner. The index only says where to look: each record is read,
 * and a tombstone followed to where its session lives.
 */
export class OwnedSessions {
  readonly #backend: GuardedBackend;
  readonly #index: OwnerIndex;
  readonly #ender: SessionEnder;
  readonly #prefix: string;
  readonly #owner: string;

  constructor(
    backend: GuardedBackend,
    index: OwnerIndex,
    ender: SessionEnder,
    prefix: string,
    owner: string,
  ) {
    this.#backend = backend;
    this.#index = index;
    this.#ender = ender;
    this.#prefix = prefix;
    this.#owner = owner;
  }

  /** The sessions that are alive, newest first. */
  async list(ctx: RequestContext<any>): Promise<OwnedSession[]> {
    const found = new Map<string, OwnedSession>();
    await this.#forEachKey(ctx, async (key) => {
      const session = await this.#sessionBehind(key, ctx);
      if (session) found.set(session.id, session);
    });
    const sessions = [...found.values()];
    sessions.sort((a, b) => b.created - a.created || b.expires - a.expires);
    return sessions;
  }

  /** Ends one session, if it is the owner's. Returns whether this call ended it. */
  async end(id: string, ctx: RequestContext<any>): Promise<boolean> {
    if (!isHash(id)) return false;
    const isMeant = (record: SessionRecord): boolean => Boolean(this.#dataIn(record));
    return this.#ender.end(this.#prefix + id, null, ctx, isMeant);
  }

  /**
   * Ends all sessions, and returns their number. A pass that finds nothing alive is the last. Why that
   * is enough stands in ARCHITECTURE.md.
   *
   * @param except - A session that stays under its key.
   * @throws {TypeError} if that is no session.
   * @throws {SessionError} `ERR_SESSION_CONFLICT` when every pass has found something.
   */
  async endAll(except: Pick<Session, "id"> | undefined, ctx: RequestContext<any>): Promise<number> {
    assertOption("except", canBeSpared(except), "a session: { except: ctx.session }");
    const spared = except?.id && this.#prefix + except.id;
    let count = 0;
    for (let pass = 1; pass <= MAX_PASSES; pass++) {
      const [beginMs, beginSecond] = [performance.now(), currentSecond()];
      const ended = await this.#pass(spared, ctx);
      count += ended;
      // By both clocks: the first may stand still while the machine sleeps, the second may be set back.
      const isFast =
        performance.now() - beginMs < MAX_PASS_SECONDS * 1000 &&
        currentSecond() - beginSecond < MAX_PASS_SECONDS;
      // Where nothing can be compared, what has just ended may still be read as alive.
      if ((ended === 0 && isFast) || !this.#backend.compares) return count;
    }
    throw new SessionError(
      "ERR_SESSION_CONFLICT",
      `There were new sessions of the owner in each of ${MAX_PASSES} passes. ${count} have been ended, some may be left: try again.`,
    );
  }

  async #pass(spared: string | undefined, ctx: RequestContext<any>): Promise<number> {
    const drafts: string[] = [];
    let count = 0;
    await this.#forEachKey(ctx, async (key) => {
      const hasEnded = await this.#ender.end(key, null, ctx, (record, at) => {
        // What this server cannot read, it cannot spare: another version of the app may read it.
        if (at === spared || this.#dataIn(record) === null) return false;
        // No tombstone leads to it, so it is no session yet.
        const isDraft = record.isDraft === true && at === key;
        if (isDraft) drafts.push(key);
        return !isDraft;
      });
      if (hasEnded) count++;
    });
    // A request that is slow could complete its move after the tombstone is gone.
    for (const key of drafts) {
      let isSession = false;
      const hasEnded = await this.#ender.end(key, null, ctx, (record, at) => {
        // The move may be complete by now, and another user logged in.
        isSession = !record.isDraft;
        return at !== spared && this.#dataIn(record) !== null;
      });
      if (hasEnded && isSession) count++;
    }
    return count;
  }

  async #forEachKey(ctx: RequestContext<any>, act: (key: string) => Promise<void>): Promise<void> {
    const keys = await this.#backend.linked(await this.#index.keyOf(this.#owner), ctx);
    for (let start = 0; start < keys.length; start += PARALLEL_CALLS) {
      const calls = keys.slice(start, start + PARALLEL_CALLS).map(act);
      // When this rejects, no call may go on: what the store has opened for the request is closed then.
      const results = await Promise.allSettled(calls);
      for (const result of results) if (result.status === "rejected") throw result.reason;
    }
  }

  /** The session that is, or was, under the key; `null` if it is over, or has another owner. */
  async #sessionBehind(key: string, ctx: RequestContext<any>): Promise<OwnedSession | null> {
    for (let at = key; ;) {
      const record = await this.#backend.read(at, ctx);
      if (typeof record === "string") return null;
      if (!isTombstone(record)) {
        return record.isDraft && at === key ? null : this.#toOwned(record, at);
      }
      const successor = successorIn(record);
      if (successor === null) return null;
      at = this.#prefix + successor;
    }
  }

  #toOwned(record: SessionRecord, key: string): OwnedSession | null {
    // How old a session may become is an option of session(): the store does not know it.
    const data = isAlive(record, Infinity) ? this.#dataIn(record) : null;
    if (!data) return null;
    const { created, expires } = record;
    return { id: key.slice(this.#prefix.length), created, expires, data };
  }

  #dataIn(record: SessionRecord): SessionData | null | undefined {
    return this.#index.dataOf(this.#owner, record);
  }
}

/** A fresh session has no ID. */
function canBeSpared(except: unknown): boolean {
  if (except === undefined) return true;
  if (typeof except !== "object" || except === null || !("id" in except)) return false;
  return except.id === undefined || isHash(except.id);
}
