import { SessionError } from "../errors.js";
import { assertOption } from "../option-checks.js";
import { isPromise } from "../platform/awaitable.js";
import type { Lifetime, SessionData } from "../session.js";
import { isAlive } from "./expiry.js";
import { parse as parseJson, stringify as stringifyJson } from "./json.js";
import { isPlainObject } from "./plain-data.js";
import type { SessionRecord } from "./record.js";
import type { LoadedSession, RejectionReason, SessionNames } from "./store.js";

/**
 * `NoInfer` of TypeScript 5.4: the type of a store's data comes from its type argument, or from the
 * `session()` that it is given to, and is not what a `parse` happens to return.
 */
export type Given<Data> = [Data][Data extends unknown ? 0 : never];

/** Options of every store: the functions that turn data into text and back. */
export interface SerializationOptions<Data extends object = SessionData> {
  /**
   * Turns data into text. Equal data must give equal text: a session has changed if its text has
   * changed. Default: `JSON.stringify`, with an error for what JSON would drop or change.
   */
  stringify?: ((data: Given<Data>) => string) | undefined;
  /**
   * Turns text into data: a plain object, and not a promise. It may validate: if it throws, the client
   * gets a fresh session (reason `invalid`). Default: `JSON.parse`.
   */
  parse?: ((text: string) => Given<Data>) | undefined;
}

/** The content of a record's text. */
export interface StoredData {
  readonly data: SessionData;
  readonly lifetime: Lifetime;
}

/** Precedes the data of a session with its own lifetime. Ten digits hold every time of a record. */
const LIFETIME_PREFIX = /^@(-|browser|[1-9]\d{0,9}) /;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Turns session data into the text of a record, and a record into a session. */
export class SessionCodec {
  readonly #stringify: (data: SessionData) => string;
  readonly #parse: (text: string) => SessionData;
  /** Whether neither `stringify` nor `parse` is the app's own. */
  readonly isJson: boolean;

  constructor({ stringify = stringifyJson, parse = parseJson }: SerializationOptions) {
    assertOption("stringify", typeof stringify === "function", "a function: (data) => string");
    assertOption("parse", typeof parse === "function", "a function: (string) => data");
    this.#stringify = stringify;
    this.#parse = parse;
    this.isJson = stringify === stringifyJson && parse === parseJson;
  }

  /**
   * The data as text, with `@<lifetime> ` before them if the session has a lifetime of its own.
   *
   * @throws {SessionError} `ERR_SESSION_DATA` for data that cannot be stored.
   */
  serialize(data: SessionData, lifetime?: Lifetime): string {
    const text = this.#textOf(data);
    // A text that begins with @ (from an app's stringify) gets the prefix "@- ": no own lifetime.
    const needsPrefix = lifetime !== undefined || text.startsWith("@");
    return needsPrefix ? `@${lifetime ?? "-"} ${text}` : text;
  }

  /** Whether the text was made of other data than the stored text holds. */
  isChange(text: string, stored: string): boolean {
    if (text === stored) return false;
    // The default stringify writes again what it has written. Another text comes of the same data
    // where the app's parse fills in what is missing, or orders the keys.
    if (this.isJson) return true;
    const unchanged = this.deserialize(stored);
    return unchanged === null || text !== this.serialize(unchanged.data, unchanged.lifetime);
  }

  /**
   * New data, which no other code holds; `null` when `parse` refuses the text or returns no plain
   * object.
   */
  deserialize(text: string): StoredData | null {
    const prefix = prefixOf(text);
    if (prefix === null) return null;
    const data = this.#dataOf(text.slice(prefix.length));
    return data && { data, lifetime: prefix.lifetime };
  }

  /** The session of a record that its store trusts, or the reason why there is none. */
  toSession(
    record: SessionRecord,
    { value, id, key, outdated }: SessionNames,
    absoluteTimeout: number,
  ): LoadedSession | RejectionReason {
    if (!isAlive(record, absoluteTimeout)) return "expired";
    const stored = this.deserialize(record.text);
    if (stored === null) return "invalid";
    const { data, lifetime } = stored;
    const { text, created, expires, binding } = record;
    return { value, id, key, data, lifetime, text, created, expires, binding, outdated };
  }

  #dataOf(text: string): SessionData | null {
    let data: unknown;
    try {
      data = this.#parse(text);
    } catch {
      return null;
    }
    if (isPromise(data)) {
      data.then(undefined, () => {});
      throw new SessionError("ERR_SESSION_USAGE", "The option parse must not be asynchronous.");
    }
    // Changes to private fields of an instance cannot be compared: a merge of two requests would
    // lose them.
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
    // JSON escapes lone surrogates; UTF-8 would silently turn each into U+FFFD.
    if (this.#stringify !== stringifyJson && LONE_SURROGATE.test(text)) {
      throw new SessionError("ERR_SESSION_DATA", "The store's stringify left a lone surrogate.");
    }
    return text;
  }
}

/** The session's own lifetime, read from its record's text. */
export function lifetimeOf(text: string): Lifetime {
  return prefixOf(text)?.lifetime;
}

/** `null` for a prefix that `serialize` does not write. */
function prefixOf(text: string): { length: number; lifetime: Lifetime } | null {
  if (!text.startsWith("@")) return { length: 0, lifetime: undefined };
  const match = LIFETIME_PREFIX.exec(text);
  if (match === null) return null;
  const [{ length }, lifetime] = match;
  return { length, lifetime: lifetime === "browser" ? lifetime : Number(lifetime) || undefined };
}
