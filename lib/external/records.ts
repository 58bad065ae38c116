import { SessionError, storeFailed } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import { currentSecond, decodeRecord, encodeRecord, type SessionRecord } from "../record.js";
import { withinTime } from "../platform/time-limit.js";
import { WiringError } from "../wiring-error.js";

/** The four things that are done to a backend; `ExternalStore` has their contract. */
export interface BackendHooks {
  /** The text under the key, or `null`. */
  read(key: string, ctx: RequestContext<any>): Awaitable<string | null>;
  /** Inserts, and never replaces. */
  create(key: string, text: string, ttl: number, ctx: RequestContext<any>): Awaitable<boolean>;
  /** Replaces while the stored text is `expected`. */
  update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Awaitable<boolean>;
  /** Deletes; a missing key is a no-op. */
  remove(key: string, ctx: RequestContext<any>): Awaitable<void>;
}

/** Stands where a record was that has moved away: one that has long expired. */
const DEAD: string = encodeRecord({ text: "", created: 0, expires: 0 });

/**
 * A backend as a place of records: bounds their size and every call's time, and
 * says whose fault an error is.
 */
export class Records {
  readonly #hooks: BackendHooks;
  readonly #maxBytes: number;
  readonly #timeout: number;

  /**
   * @param maxBytes - Of a record, in UTF-8.
   * @param timeout - Of a call, in seconds.
   */
  constructor(hooks: BackendHooks, maxBytes: number, timeout: number) {
    this.#hooks = hooks;
    this.#maxBytes = maxBytes;
    this.#timeout = timeout;
  }

  read(key: string, ctx: RequestContext<any>): Awaitable<SessionRecord | "unknown" | "invalid"> {
    return andThen(
      this.#call(() => this.#hooks.read(key, ctx)),
      (text) => {
        // Maps and drivers in JavaScript say undefined.
        if (text === null || text === undefined || text === DEAD) return "unknown";
        if (typeof text === "string") return decodeRecord(text) ?? "invalid";
        throw new WiringError(
          "The store's read() must return the text that was written, or null when there is none.",
        );
      },
    );
  }

  create(key: string, record: SessionRecord, ctx: RequestContext<any>): Awaitable<void> {
    const text = this.#encode(record);
    const ttl = timeToLive(record);
    return andThen(
      this.#call(() => this.#hooks.create(key, text, ttl, ctx)),
      (isCreated) => {
        if (decided("create", isCreated, "inserted the record")) return;
        throw new SessionError(
          "ERR_SESSION_STORE",
          "The key of a new session is taken: either create() answers false for free keys, or the random source is broken.",
        );
      },
    );
  }

  /** Writes `next` if `current` still stands. */
  replace(
    key: string,
    next: SessionRecord,
    current: SessionRecord,
    ctx: RequestContext<any>,
  ): Awaitable<boolean> {
    const text = this.#encode(next);
    const ttl = timeToLive(next);
    const expected = encodeRecord(current);
    return this.#update(key, text, ttl, expected, ctx);
  }

  /** Takes the record out of the hands of all other requests, if `current` still stands. */
  retire(key: string, current: SessionRecord, ctx: RequestContext<any>): Awaitable<boolean> {
    return this.#update(key, DEAD, 1, encodeRecord(current), ctx);
  }

  remove(key: string, ctx: RequestContext<any>): Awaitable<void> {
    return this.#call(() => this.#hooks.remove(key, ctx));
  }

  #update(
    key: string,
    text: string,
    ttl: number,
    expected: string,
    ctx: RequestContext<any>,
  ): Awaitable<boolean> {
    return andThen(
      this.#call(() => this.#hooks.update(key, text, ttl, expected, ctx)),
      (isWritten) => decided("update", isWritten, "replaced the record"),
    );
  }

  #encode(record: SessionRecord): string {
    const text = encodeRecord(record);
    const max = this.#maxBytes;
    // A UTF-16 unit takes three bytes at most: most records need no counting.
    if (text.length * 3 > max && encodeUtf8(text).length > max) {
      throw new SessionError(
        "ERR_SESSION_RECORD_TOO_LARGE",
        `The session takes more than ${max} bytes. Keep less in it, or raise the store's maxBytes.`,
      );
    }
    return text;
  }

  #call<T>(hook: () => Awaitable<T>): Awaitable<T> {
    try {
      const answer = hook();
      return isPromise(answer)
        ? withinTime(this.#timeout, answer).catch((cause: unknown) => {
            throw storeFailed(cause);
          })
        : answer;
    } catch (cause) {
      throw storeFailed(cause);
    }
  }
}

/** To take nothing for false would be to write again what has been written. */
function decided(hook: string, answer: unknown, deed: string): boolean {
  if (typeof answer === "boolean") return answer;
  throw new WiringError(
    `The store's ${hook}() must return true when it has ${deed}, and false when it has not.`,
  );
}

/** Whole seconds, at least 1, which is the least that backends take. */
function timeToLive({ expires }: SessionRecord): number {
  return Math.max(1, expires - currentSecond());
}
