import { SessionError } from "./errors.js";
import { parse, stringify } from "./json.js";
import { isAlive, type SessionData, type SessionRecord } from "./record.js";
import type { FreshReason, LoadedSession } from "./store.js";

/** How data become text and come back. */
export interface SerializationOptions {
  /** Default: `JSON.stringify`, with an error for what JSON would drop or bend. */
  stringify?: (data: SessionData) => string;
  /** Default: `JSON.parse`. May validate: a session that it throws for begins anew (reason `invalid`). */
  parse?: (text: string) => SessionData;
}

/** What all stores share: data ⇄ text, and the life of a record. */
export abstract class BaseStore {
  readonly #stringify: (data: SessionData) => string;
  readonly #parse: (text: string) => SessionData;

  constructor(options: SerializationOptions) {
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

  /** Final. The data as text; throws a `SessionError` (`ERR_SESSION_DATA`) for data that cannot be stored. */
  serialize(data: SessionData): string {
    let text: unknown;
    try {
      text = this.#stringify(data);
    } catch (cause) {
      if (cause instanceof SessionError) throw cause;
      throw new SessionError("ERR_SESSION_DATA", "session.data cannot be stringified.", { cause });
    }
    if (typeof text === "string") return text;
    throw new SessionError("ERR_SESSION_DATA", "The store's stringify did not return a string.");
  }

  /** A copy of the data, shared with nobody; `null` when `parse` refuses the text or makes no object of it. */
  protected deserialize(text: string): SessionData | null {
    try {
      const data: unknown = this.#parse(text);
      return typeof data === "object" && !Array.isArray(data) ? data : null;
    } catch {
      return null;
    }
  }

  /** Makes a session of a record that its store vouches for, if the record is alive and its data are sound. */
  protected admit(
    record: SessionRecord,
    value: string,
    outdated: boolean,
    absoluteTimeout: number,
  ): LoadedSession | FreshReason {
    if (!isAlive(record, absoluteTimeout)) return "expired";
    const data = this.deserialize(record.text);
    if (data === null) return "invalid";
    const { text, created, expires } = record;
    return { value, data, text, created, expires, outdated };
  }
}
