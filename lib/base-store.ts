import { SessionError } from "./errors.js";
import { parse, stringify } from "./json.js";
import { isPlainObject } from "./plain-data.js";
import { isPromise } from "./platform/awaitable.js";
import { isAlive, type Lifetime, type SessionData, type SessionRecord } from "./record.js";
import type { FreshReason, LoadedSession, StoreScope } from "./store.js";
import { WiringError } from "./wiring-error.js";

/** How data become text and come back. */
export interface SerializationOptions {
  /**
   * Default: `JSON.stringify`, with an error for what JSON would drop or bend. Equal data must give
   * equal text: a session has changed when its text has.
   */
  stringify?: (data: SessionData) => string;
  /**
   * Default: `JSON.parse`. Returns a plain object, not a promise. May validate: a session that it
   * throws for starts over (reason `invalid`).
   */
  parse?: (text: string) => SessionData;
}

/** What a record's text holds. */
export interface StoredData {
  readonly data: SessionData;
  readonly lifetime: Lifetime;
}

/**
 * In front of the data of a session with a lifetime of its own. Ten digits
 * hold every time of a record.
 */
const PREFIX = /^@(-|browser|[1-9]\d{0,9}) /;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Where a record was found. */
export type Found = Pick<LoadedSession, "value"> & Partial<Pick<LoadedSession, "key" | "outdated">>;

/** What all stores share: data ⇄ text, and the life of a record. */
export abstract class BaseStore {
  readonly #stringify: (data: SessionData) => string;
  readonly #parse: (text: string) => SessionData;

  constructor(options: SerializationOptions = {}) {
    const { stringify: toText = stringify, parse: toData = parse } = options;
    if (typeof toText !== "function") {
      throw new TypeError("The option stringify must be a function that turns data into a string.");
    }
    if (typeof toData !== "function") {
      throw new TypeError("The option parse must be a function that turns a string into data.");
    }
    this.#stringify = toText;
    this.#parse = toData;
  }

  /**
   * Called by `session()`; do not override. The data as text, behind `@<lifetime> ` if the session
   * has a lifetime of its own.
   *
   * @throws {SessionError} `ERR_SESSION_DATA` for data that cannot be stored.
   */
  serialize(data: SessionData, lifetime?: Lifetime): string {
    const text = this.#textOf(data);
    // Text of the user's that begins with @ gets a lifetime that says nothing.
    const needsPrefix = lifetime !== undefined || text.startsWith("@");
    return needsPrefix ? `@${lifetime ?? "-"} ${text}` : text;
  }

  /**
   * Called by `session()`; do not override. The text that `serialize` makes of a text's data when
   * nobody changes them: another one where `parse` fills in what is missing, or orders the keys.
   */
  reserialize(text: string): string {
    // What JSON has written it writes again.
    if (this.#parse === parse && this.#stringify === stringify) return text;
    const stored = this.deserialize(text);
    return stored ? this.serialize(stored.data, stored.lifetime) : text;
  }

  /**
   * Do not override. Data that are shared with nobody; `null` when `parse` refuses the
   * text or makes no object of it.
   */
  protected deserialize(text: string): StoredData | null {
    const prefix = prefixOf(text);
    if (prefix === null) return null;
    const data = this.#dataOf(text.slice(prefix.length));
    return data && { data, lifetime: prefix.lifetime };
  }

  /** Do not override. The lifetime of its own that the session has whose data are this text. */
  protected lifetimeOf(text: string): Lifetime {
    return prefixOf(text)?.lifetime;
  }

  /**
   * Makes a session of a record that its store vouches for, if the record is
   * alive and its data are sound.
   */
  protected admit(
    record: SessionRecord,
    found: Found,
    scope: StoreScope,
  ): LoadedSession | FreshReason {
    if (!isAlive(record, scope.absoluteTimeout)) return "expired";
    const stored = this.deserialize(record.text);
    if (stored === null) return "invalid";
    const { data, lifetime } = stored;
    const { value, key = "", outdated = false } = found;
    const { text, created, expires } = record;
    return { value, key, data, lifetime, text, created, expires, outdated };
  }

  /** An object, or `null` when `parse` makes none of the text. */
  #dataOf(text: string): SessionData | null {
    let data: unknown;
    try {
      data = this.#parse(text);
    } catch {
      return null;
    }
    if (isPromise(data)) {
      data.then(undefined, () => {});
      throw new WiringError("The option parse must not be asynchronous.");
    }
    // Changes of an instance's private fields would not be seen, and be lost
    // when two requests are merged.
    return isPlainObject(data) ? data : null;
  }

  #textOf(data: SessionData): string {
    let text: unknown;
    try {
      text = this.#stringify(data);
    } catch (cause) {
      if (cause instanceof SessionError) throw cause;
      throw new SessionError("ERR_SESSION_DATA", "session.data cannot be stringified.", { cause });
    }
    if (typeof text !== "string") {
      throw new SessionError("ERR_SESSION_DATA", "The store's stringify did not return a string.");
    }
    // JSON escapes them; UTF-8 would turn each into U+FFFD silently.
    if (this.#stringify !== stringify && LONE_SURROGATE.test(text)) {
      throw new SessionError("ERR_SESSION_DATA", "The store's stringify left a lone surrogate.");
    }
    return text;
  }
}

/** `null` for one that `serialize` has not written. */
function prefixOf(text: string): { length: number; lifetime: Lifetime } | null {
  if (!text.startsWith("@")) return { length: 0, lifetime: undefined };
  const match = PREFIX.exec(text);
  if (match === null) return null;
  const [{ length }, lifetime] = match;
  return { length, lifetime: lifetime === "browser" ? lifetime : Number(lifetime) || undefined };
}
