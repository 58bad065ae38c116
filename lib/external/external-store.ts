import { BaseStore, type SerializationOptions } from "../base-store.js";
import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { assertWhole } from "../known-options.js";
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import {
  currentSecond,
  decodeRecord,
  encodeRecord,
  isAlive,
  type SessionData,
  type SessionRecord,
} from "../record.js";
import type {
  FreshReason,
  LoadedSession,
  SavedSession,
  SessionStore,
  StoreScope,
  UpdatedSession,
} from "../store.js";
import { merge } from "./merge.js";
import { generateSessionId, hashSessionId, isSessionId } from "./session-id.js";

/** The options that all external stores have. */
export interface ExternalStoreOptions extends SerializationOptions {
  /** Stands before every key in the backend. Default: `"session:"`. */
  prefix?: string;
  /** The longest record that is stored, in bytes of UTF-8. Default: 65 536. */
  maxBytes?: number;
  /** How long a call of the backend may take, in seconds. Default: 2. */
  timeout?: number;
}

/** For the concrete stores, which know all of their options. */
export const EXTERNAL_STORE_OPTIONS = [
  "prefix",
  "maxBytes",
  "timeout",
  "stringify",
  "parse",
] as const;

/** Every conflict means that another request has got its write through, so that few lose this often. */
const MAX_ATTEMPTS = 100;
/** Attempts that go on at once; after them each waits a random time, so that rivals fall out of step. */
const EAGER_ATTEMPTS = 3;
/** Milliseconds. */
const MAX_PAUSE = 20;

/** Stands for a record that has moved away or ended: one that has long expired. */
const DEAD: string = encodeRecord({ text: "", created: 0, expires: 0 });

/**
 * Keeps an ID in the cookie and the record elsewhere. Subclasses say how four things are done to a backend; IDs, expiry,
 * conflicts and time-outs are dealt with here.
 *
 * The record is text that a person can read: `1.<created>.<expires>.<data>`, times in seconds since 1970. Its key is the prefix and
 * the SHA-256 of `<cookie name>=<ID>` in base64url: 43 characters of `A–Z a–z 0–9 - _`.
 *
 * @example
 * ```ts
 * class MapStore extends ExternalStore {
 *   readonly #map = new Map<string, string>();
 *   protected read(key: string) {
 *     return this.#map.get(key) ?? null;
 *   }
 *   protected create(key: string, text: string) {
 *     return !this.#map.has(key) && !!this.#map.set(key, text);
 *   }
 *   protected update(key: string, text: string, _ttl: number, expected: string) {
 *     return this.#map.get(key) === expected && !!this.#map.set(key, text);
 *   }
 *   protected remove(key: string) {
 *     this.#map.delete(key);
 *   }
 * }
 * ```
 */
export abstract class ExternalStore extends BaseStore implements SessionStore {
  readonly #prefix: string;
  readonly #maxBytes: number;
  readonly #timeout: number;

  constructor(options: ExternalStoreOptions = {}) {
    super(options);
    const { prefix = "session:", maxBytes = 65_536, timeout = 2 } = options;
    if (typeof prefix !== "string") throw new TypeError("The option prefix must be a string.");
    assertWhole("maxBytes", maxBytes, 1, "bytes");
    assertWhole("timeout", timeout, 1, "seconds");
    this.#prefix = prefix;
    this.#maxBytes = maxBytes;
    this.#timeout = timeout;
  }

  /** Whether `update` compares. A store that cannot answers `false`, and loses one of two concurrent changes. */
  protected get compares(): boolean {
    return true;
  }

  /**
   * Hook: the text under the key, or `null` when there is none. A missing key is not an error. A record that has
   * expired may be answered with or not.
   *
   * Of all four hooks: `key` is opaque, at most the prefix and 43 characters, and never what the client holds. A throw means that
   * the system failed; it reaches the application as the `cause` of `ERR_SESSION_STORE`.
   */
  protected abstract read(key: string, ctx: RequestContext<any>): Awaitable<string | null>;

  /**
   * Hook: inserts, and never replaces.
   *
   * @param ttl - Whole seconds, at least 1, after which the backend may forget the record.
   * @returns `false` when the key is taken.
   */
  protected abstract create(
    key: string,
    text: string,
    ttl: number,
    ctx: RequestContext<any>,
  ): Awaitable<boolean>;

  /**
   * Hook: replaces, in one atomic step, and only while the stored text is still `expected`.
   *
   * @param ttl - Whole seconds, at least 1, from now.
   * @returns `false` when the record is gone or has changed. It is never created again.
   */
  protected abstract update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Awaitable<boolean>;

  /** Hook: deletes. A missing key is a no-op. */
  protected abstract remove(key: string, ctx: RequestContext<any>): Awaitable<void>;

  /** Final. */
  load(value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason> {
    if (!isSessionId(value)) return "malformed";
    return andThen(this.#keyOf(value, scope), (key) => this.#find(key, value, scope));
  }

  /** Final. */
  async save(
    loaded: LoadedSession | null,
    next: SessionRecord,
    scope: StoreScope,
  ): Promise<SavedSession | null> {
    if (loaded === null) return this.#insert(next, scope);
    const written = await this.#replace(
      loaded,
      (current) => this.#rebase(loaded, next, current),
      scope,
    );
    return written && { ...written, value: loaded.value };
  }

  /**
   * Final. The new record is written before the old one dies, so that no crash loses the data; nobody knows the new ID until
   * the old record, by compare-and-replace, has been taken out of the hands of every other request.
   */
  async regenerate(
    loaded: LoadedSession,
    next: SessionRecord,
    scope: StoreScope,
  ): Promise<SavedSession | null> {
    const { ctx } = scope;
    const oldKey = await this.#keyOf(loaded.value, scope);
    const value = await generateSessionId();
    const newKey = await this.#keyOf(value, scope);
    let written: SessionRecord | null = null;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await pauseBefore(attempt);
      const current = await this.#find(oldKey, loaded.value, scope);
      if (typeof current === "string") {
        if (written) await this.#call(() => this.remove(newKey, ctx));
        return null;
      }
      const record = this.#rebase(loaded, next, current);
      if (written) await this.#update(newKey, record, written, ctx);
      else await this.#create(newKey, record, ctx);
      written = record;
      if (!this.compares || (await this.#retire(oldKey, current, ctx))) {
        await this.#call(() => this.remove(oldKey, ctx));
        return { value, expires: record.expires, merged: current.text !== loaded.text };
      }
    }
    await this.#call(() => this.remove(newKey, ctx));
    throw conflict();
  }

  /** Final. */
  async destroy(loaded: LoadedSession, scope: StoreScope): Promise<void> {
    const key = await this.#keyOf(loaded.value, scope);
    await this.#call(() => this.remove(key, scope.ctx));
  }

  /** Final. */
  async apply(
    loaded: LoadedSession,
    pending: () => SessionData,
    change: (data: SessionData) => void,
    scope: StoreScope,
  ): Promise<UpdatedSession | null> {
    const copy = (text: string): SessionData => this.#parse(text);
    const overlay = (base: SessionData, mine: SessionData, theirs: SessionData): SessionData =>
      merge(base, mine, theirs, (data) => this.serialize(data));
    let before: SessionData = {};
    let after: SessionData = {};
    const written = await this.#replace(
      loaded,
      (current) => {
        const theirs = copy(current.text);
        const seen = this.serialize(overlay(copy(loaded.text), pending(), theirs));
        before = copy(seen);
        after = copy(seen);
        change(after);
        const committed = overlay(before, after, theirs);
        return committed === theirs ? current : { ...current, text: this.serialize(committed) };
      },
      scope,
    );
    if (written === null) return null;
    const { text, expires, merged } = written;
    // What the handler changed while this was under way is still pending, too.
    const data = overlay(before, after, overlay(copy(loaded.text), pending(), copy(text)));
    return { session: { ...loaded, text, expires }, data, merged };
  }

  async #insert(next: SessionRecord, scope: StoreScope): Promise<SavedSession> {
    const value = await generateSessionId();
    await this.#create(await this.#keyOf(value, scope), next, scope.ctx);
    return { value, expires: next.expires, merged: false };
  }

  /**
   * The one way in which a record that exists is written: propose what to write in place of the newest record, and write it
   * if that record still stands. `null` when it has ended, so that a session never comes back to life.
   */
  async #replace(
    loaded: LoadedSession,
    propose: (current: LoadedSession) => SessionRecord,
    scope: StoreScope,
  ): Promise<(SessionRecord & { merged: boolean }) | null> {
    const key = await this.#keyOf(loaded.value, scope);
    let current = loaded;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const next = propose(current);
      // "No change" is an answer only when it was found on a record read just now.
      const done =
        next.text === current.text && next.expires === current.expires
          ? current !== loaded
          : isAlive(current, scope.absoluteTimeout) &&
            (await this.#update(key, next, current, scope.ctx));
      if (done) return { ...next, merged: current.text !== loaded.text };
      await pauseBefore(attempt);
      const found = await this.#find(key, loaded.value, scope);
      if (typeof found === "string") return null;
      current = found;
    }
    throw conflict();
  }

  /** What to write when the newest record is `current` and not, perhaps, the one that was loaded. */
  #rebase(loaded: LoadedSession, next: SessionRecord, current: LoadedSession): SessionRecord {
    if (current.text === loaded.text && current.expires === loaded.expires) return next;
    const { created } = current;
    const expires = Math.max(next.expires, current.expires);
    if (next.text === loaded.text) return { text: current.text, created, expires };
    const merged = merge(
      this.#parse(loaded.text),
      this.#parse(next.text),
      this.#parse(current.text),
      (data) => this.serialize(data),
    );
    return { text: this.serialize(merged), created, expires };
  }

  #find(key: string, value: string, scope: StoreScope): Awaitable<LoadedSession | FreshReason> {
    return andThen(
      this.#call(() => this.read(key, scope.ctx)),
      (text) => {
        if (text === null || text === DEAD) return "unknown";
        const record = decodeRecord(text);
        return record ? this.admit(record, value, false, scope.absoluteTimeout) : "invalid";
      },
    );
  }

  async #create(key: string, record: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    const text = this.#encode(record);
    if (await this.#call(() => this.create(key, text, timeToLive(record), ctx))) return;
    throw new SessionError(
      "ERR_SESSION_STORE",
      "The key of a new session is taken. Either create() answers false for keys that are free, or the random source is broken.",
    );
  }

  #update(
    key: string,
    next: SessionRecord,
    expected: SessionRecord,
    ctx: RequestContext<any>,
  ): Awaitable<boolean> {
    const text = this.#encode(next);
    return this.#call(() => this.update(key, text, timeToLive(next), encodeRecord(expected), ctx));
  }

  /** Takes the record out of the hands of every request beside this one. */
  #retire(key: string, current: SessionRecord, ctx: RequestContext<any>): Awaitable<boolean> {
    return this.#call(() => this.update(key, DEAD, 1, encodeRecord(current), ctx));
  }

  #encode(record: SessionRecord): string {
    const text = encodeRecord(record);
    const max = this.#maxBytes;
    // A character takes three bytes at most: most records need no counting.
    if (text.length * 3 > max && encodeUtf8(text).length > max) {
      throw new SessionError(
        "ERR_SESSION_RECORD_TOO_LARGE",
        `The session takes more than ${max} bytes. Keep less in it, or raise the store's maxBytes.`,
      );
    }
    return text;
  }

  #parse(text: string): SessionData {
    const data = this.deserialize(text);
    if (data !== null) return data;
    throw new SessionError(
      "ERR_SESSION_DATA",
      "The store's parse refuses what its stringify wrote.",
    );
  }

  #keyOf(value: string, { cookieName }: StoreScope): Awaitable<string> {
    return andThen(hashSessionId(value, cookieName), (hash) => this.#prefix + hash);
  }

  /** A hook's answer, within the time-out; whatever it throws is the system's fault. */
  #call<T>(hook: () => Awaitable<T>): Awaitable<T> {
    try {
      const answer = hook();
      return isPromise(answer) ? within(this.#timeout, answer) : answer;
    } catch (cause) {
      throw storeFailed(cause);
    }
  }
}

function within<T>(timeout: number, answer: PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(storeFailed(new Error(`There was no answer within ${timeout} s.`))),
      timeout * 1000,
    );
    answer.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (cause: unknown) => {
        clearTimeout(timer);
        reject(storeFailed(cause));
      },
    );
  });
}

function storeFailed(cause: unknown): SessionError {
  if (cause instanceof SessionError) return cause;
  return new SessionError(
    "ERR_SESSION_STORE",
    "The session store failed; the cause has its error. Answer 503 and let the client try again.",
    { cause },
  );
}

function conflict(): SessionError {
  return new SessionError(
    "ERR_SESSION_CONFLICT",
    `Other requests changed the session each of ${MAX_ATTEMPTS} times that this one tried to. Let the client try again.`,
  );
}

async function pauseBefore(attempt: number): Promise<void> {
  if (attempt <= EAGER_ATTEMPTS) return;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * MAX_PAUSE));
}

/** Whole seconds, at least 1, which is the least that backends take. */
function timeToLive({ expires }: SessionRecord): number {
  return Math.max(1, expires - currentSecond());
}
