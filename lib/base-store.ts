import { SessionError } from "./errors.js";
import { parse, stringify } from "./json.js";
import { isAlive, type Lifetime, type SessionData, type SessionRecord } from "./record.js";
import type { FreshReason, LoadedSession } from "./store.js";

/** How data become text and come back. */
export interface SerializationOptions {
  /** Default: `JSON.stringify`, with an error for what JSON would drop or bend. */
  stringify?: (data: SessionData) => string;
  /** Default: `JSON.parse`. May validate: a session that it throws for starts over (reason `invalid`). */
  parse?: (text: string) => SessionData;
}

/** What a record's text holds. */
export interface StoredData {
  readonly data: SessionData;
  readonly lifetime: Lifetime;
}

/** Ten digits hold every time of a record. */
const PREFIX = /^@(-|browser|[1-9]\d{0,9}) /;
const NO_PREFIX = ["", undefined] as const;
const LONE_SURROGATE = /\p{Surrogate}/u;

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
   * Called by `session()`; do not override. The data as text, behind `@<lifetime> ` if the session has a lifetime of its own; throws a `SessionError`
   * (`ERR_SESSION_DATA`) for data that cannot be stored.
   */
  serialize(data: SessionData, lifetime?: Lifetime): string {
    const text = this.#textOf(data);
    // Text of the user's that begins with @ gets a lifetime that says nothing.
    const needsPrefix = lifetime !== undefined || text.startsWith("@");
    return needsPrefix ? `@${lifetime ?? "-"} ${text}` : text;
  }

  /** Do not override. Data that are shared with nobody; `null` when `parse` refuses the text or makes no object of it. */
  protected deserialize(text: string): StoredData | null {
    const prefix = text.startsWith("@") ? PREFIX.exec(text) : NO_PREFIX;
    if (prefix === null) return null;
    const [{ length }, lifetime] = prefix;
    try {
      const data: unknown = this.#parse(length > 0 ? text.slice(length) : text);
      if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
      return { data, lifetime: lifetime === "browser" ? lifetime : Number(lifetime) || undefined };
    } catch {
      return null;
    }
  }

  /** Makes a session of a record that its store vouches for, if the record is alive and its data are sound. */
  protected admit(
    record: SessionRecord,
    value: string,
    key: string,
    outdated: boolean,
    absoluteTimeout: number,
  ): LoadedSession | FreshReason {
    if (!isAlive(record, absoluteTimeout)) return "expired";
    const stored = this.deserialize(record.text);
    if (stored === null) return "invalid";
    const { data, lifetime } = stored;
    const { text, created, expires } = record;
    return { value, key, data, lifetime, text, created, expires, outdated };
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
