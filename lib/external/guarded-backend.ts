import { SessionError, toSessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import { withinTime } from "../platform/time-limit.js";
import { currentSecond } from "../records/expiry.js";
import { decodeRecord, encodeRecord, type SessionRecord } from "../records/record.js";
import { isTombstone, TOMBSTONE_TTL_SECONDS } from "./tombstone.js";

/** The record that `create` must insert. */
export interface Insertion {
  /** At most `maxBytes` in UTF-8. */
  readonly text: string;
  /** Time to live: whole seconds, at least 1, after which the backend may delete the record. */
  readonly ttl: number;
}

/** The record that `update` must write in place of the expected one. */
export interface Replacement extends Insertion {
  /** The text when it was read. */
  readonly expected: string;
}

/** The circumstances of one call of a hook. */
export interface BackendCall {
  /** The request's context. */
  readonly ctx: RequestContext<any>;
  /** Aborts when the store's `timeout` is over: a backend call that supports it then gives up. */
  readonly signal: AbortSignal;
  /**
   * Set by a hook: called at the timeout, and returns what has not answered.
   *
   * @internal
   */
  onTimeout?: () => string;
}

/** The hooks of an external store; the doc comments of `ExternalStore` are their contract. */
export interface Backend {
  readonly compares: boolean;
  read(key: string, call: BackendCall): Awaitable<string | null>;
  create(key: string, insertion: Insertion, call: BackendCall): Awaitable<boolean>;
  update(key: string, replacement: Replacement, call: BackendCall): Awaitable<boolean>;
  remove(key: string, call: BackendCall): Awaitable<void>;
}

/**
 * Calls the hooks with records instead of text: limits their size and the time of each call, and
 * checks what the hooks return.
 */
export class GuardedBackend {
  readonly #backend: Backend;
  readonly #maxBytes: number;
  readonly #timeoutSeconds: number;

  constructor(backend: Backend, maxBytes: number, timeoutSeconds: number) {
    this.#backend = backend;
    this.#maxBytes = maxBytes;
    this.#timeoutSeconds = timeoutSeconds;
  }

  /** The record, which may be a tombstone. */
  async read(
    key: string,
    ctx: RequestContext<any>,
  ): Promise<SessionRecord | "unknown" | "invalid"> {
    const text: unknown = await this.#call(ctx, (call) => this.#backend.read(key, call));
    // Maps and many drivers return undefined for a missing key.
    if (text === null || text === undefined) return "unknown";
    if (typeof text === "string") return decodeRecord(text) ?? "invalid";
    throw new SessionError(
      "ERR_SESSION_USAGE",
      "The store's read() must return the text that was written, or null when there is none.",
    );
  }

  async create(key: string, record: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    const insertion = { text: this.#encode(record), ttl: timeToLive(record) };
    const isCreated = await this.#call(ctx, (call) => this.#backend.create(key, insertion, call));
    if (booleanOf("create", isCreated, "inserted the record")) return;
    throw new SessionError(
      "ERR_SESSION_STORE",
      "The key of a new session is taken: either create() returns false for free keys, or the random source is broken.",
    );
  }

  /** Writes `next` if `current` is still stored; `false` if it is not. */
  async update(
    key: string,
    next: SessionRecord,
    current: SessionRecord,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    const text = this.#encode(next);
    const replacement = { text, ttl: timeToLive(next), expected: encodeRecord(current) };
    const isReplaced = await this.#call(ctx, (call) =>
      this.#backend.update(key, replacement, call),
    );
    return booleanOf("update", isReplaced, "replaced the record");
  }

  async remove(key: string, ctx: RequestContext<any>): Promise<void> {
    await this.#call(ctx, (call) => this.#backend.remove(key, call));
  }

  #encode(record: SessionRecord): string {
    const text = encodeRecord(record);
    // A log-out must not fail for its few bytes.
    const max = isTombstone(record) ? Infinity : this.#maxBytes;
    // A UTF-16 unit takes at most three bytes: most records need no counting.
    if (text.length * 3 > max && encodeUtf8(text).length > max) {
      throw new SessionError(
        "ERR_SESSION_RECORD_TOO_LARGE",
        `The session takes more than ${max} bytes. Store less data, or raise the store's maxBytes.`,
      );
    }
    return text;
  }

  async #call<T>(ctx: RequestContext<any>, hook: (call: BackendCall) => Awaitable<T>): Promise<T> {
    const call = new TimedCall(ctx);
    try {
      const answer = hook(call);
      if (!isPromise(answer)) return answer;
      return await withinTime(this.#timeoutSeconds, answer, () => call.onTimeout?.());
    } catch (cause) {
      call.abort();
      throw toSessionError(cause);
    }
  }
}

/** Makes an AbortController only when needed: making one costs more than all else in a call. */
class TimedCall implements BackendCall {
  readonly ctx: RequestContext<any>;
  onTimeout?: () => string;
  #controller: AbortController | undefined;

  constructor(ctx: RequestContext<any>) {
    this.ctx = ctx;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** After a timeout, the hook is still running, and gives up. */
  abort(): void {
    this.#controller ??= new AbortController();
    this.#controller.abort();
  }
}

/** Treating undefined as false would repeat a successful write. */
function booleanOf(hook: string, answer: unknown, deed: string): boolean {
  if (typeof answer === "boolean") return answer;
  throw new SessionError(
    "ERR_SESSION_USAGE",
    `The store's ${hook}() must return true when it has ${deed}, and false when it has not.`,
  );
}

/** Whole seconds, at least 1, which is the least that backends accept. */
function timeToLive(record: SessionRecord): number {
  if (isTombstone(record)) return TOMBSTONE_TTL_SECONDS;
  return Math.max(1, record.expires - currentSecond());
}
