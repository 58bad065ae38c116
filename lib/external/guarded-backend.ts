import { SessionError, toSessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { isPromise } from "../platform/awaitable.js";
import { encodeUtf8 } from "../platform/bytes.js";
import { withinTime } from "../platform/time-limit.js";
import { CLOCK_SKEW_SECONDS, currentSecond } from "../records/expiry.js";
import { decodeRecord, encodeRecord, type SessionRecord } from "../records/record.js";
import type { Backend, BackendCall } from "./backend-hooks.js";
import { isTombstone, TOMBSTONE_TTL_SECONDS } from "./tombstone.js";

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

  /** @throws {TypeError} if the hooks are missing that the option `owner` needs. */
  assertHasIndex(type: string): void {
    const { link, unlink, linked } = this.#backend;
    if ([link, unlink, linked].every((hook) => typeof hook === "function")) return;
    throw new TypeError(
      `${type} has no option owner, because it lacks the hooks link(), unlink() and linked(). Add them, as docs/writing-a-store.md shows.`,
    );
  }

  /** Whether `update` compares and writes in one step. */
  get compares(): boolean {
    return this.#backend.compares;
  }

  /** The record, which may be a tombstone. */
  read(key: string, ctx: RequestContext<any>): Promise<SessionRecord | "unknown" | "invalid"> {
    return this.#call(ctx, (call) => this.#backend.read(key, call), recordIn);
  }

  create(key: string, record: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    const insertion = { text: this.#encode(record), ttl: timeToLive(record) };
    return this.#call(ctx, (call) => this.#backend.create(key, insertion, call), assertCreated);
  }

  /** Writes `next` if `current` is still stored; `false` if it is not. */
  update(
    key: string,
    next: SessionRecord,
    current: SessionRecord,
    ctx: RequestContext<any>,
  ): Promise<boolean> {
    const text = this.#encode(next);
    const replacement = { text, ttl: timeToLive(next), expected: encodeRecord(current) };
    return this.#call(ctx, (call) => this.#backend.update(key, replacement, call), isReplaced);
  }

  remove(key: string, ctx: RequestContext<any>): Promise<void> {
    return this.#call(ctx, (call) => this.#backend.remove(key, call), ignored);
  }

  /**
   * Notes that the key is one of the owner's. The entry lives longer than the record, so that a server
   * whose clock is late does not find a session that is missing in its owner's index.
   */
  link(owner: string, key: string, record: SessionRecord, ctx: RequestContext<any>): Promise<void> {
    const ttl = timeToLive(record) + CLOCK_SKEW_SECONDS;
    return this.#call(ctx, (call) => this.#backend.link!(owner, key, ttl, call), ignored);
  }

  unlink(owner: string, key: string, ctx: RequestContext<any>): Promise<void> {
    return this.#call(ctx, (call) => this.#backend.unlink!(owner, key, call), ignored);
  }

  linked(owner: string, ctx: RequestContext<any>): Promise<string[]> {
    return this.#call(ctx, (call) => this.#backend.linked!(owner, call), keysIn);
  }

  #encode(record: SessionRecord): string {
    const text = encodeRecord(record);
    // A log-out must not fail for its few bytes, nor a log-in for those that mark a draft or a device.
    const max = isTombstone(record) || record.isDraft ? Infinity : this.#maxBytes;
    const counted = record.binding ? encodeRecord({ ...record, binding: undefined }) : text;
    // A UTF-16 unit takes at most three bytes: most records need no counting.
    if (counted.length * 3 > max && encodeUtf8(counted).length > max) {
      throw new SessionError(
        "ERR_SESSION_RECORD_TOO_LARGE",
        `The session takes more than ${max} bytes. Store less data, or raise the store's maxBytes.`,
      );
    }
    return text;
  }

  /** @param check - Returns what a hook's answer means, and throws if a hook must not answer so. */
  async #call<T>(
    ctx: RequestContext<any>,
    hook: (call: BackendCall) => unknown,
    check: (answer: unknown) => T,
  ): Promise<T> {
    const call = new TimedCall(ctx);
    let answer: unknown;
    try {
      answer = hook(call);
      if (isPromise(answer))
        answer = await withinTime(this.#timeoutSeconds, answer, () => call.onTimeout?.());
    } catch (cause) {
      call.abort();
      throw toSessionError(cause);
    }
    return check(answer);
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

/** The record in what read() has answered. */
function recordIn(text: unknown): SessionRecord | "unknown" | "invalid" {
  // Maps and many drivers return undefined for a missing key.
  if (text === null || text === undefined) return "unknown";
  if (typeof text === "string") return decodeRecord(text) ?? "invalid";
  throw new SessionError(
    "ERR_SESSION_USAGE",
    "The store's read() must return the text that was written, or null when there is none.",
  );
}

function assertCreated(answer: unknown): void {
  if (booleanOf("create", answer, "inserted the record")) return;
  throw new SessionError(
    "ERR_SESSION_STORE",
    "The key of a new session is taken: either create() returns false for free keys, or the random source is broken.",
  );
}

const isReplaced = (answer: unknown): boolean => booleanOf("update", answer, "replaced the record");

function keysIn(answer: unknown): string[] {
  if (Array.isArray(answer) && answer.every((key) => typeof key === "string")) return answer;
  throw new SessionError(
    "ERR_SESSION_USAGE",
    "The store's linked() must return an array of the keys that link() got.",
  );
}

/** For hooks that answer nothing. */
const ignored = (): void => {};

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
