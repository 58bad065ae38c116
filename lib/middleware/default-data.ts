import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { isPromise, type Awaitable } from "../platform/awaitable.js";
import type { BaseStore } from "../records/base-store.js";
import { copyPlain, isPlain, isPlainObject } from "../records/plain-data.js";
import type { SessionData } from "../session.js";

/**
 * The data of a fresh session, or a function that makes it. If a required key of `SessionData` is
 * missing, a handler must set it before any handler reads it. TypeScript cannot check that.
 */
export type DefaultSessionData<Data extends object = SessionData> =
  Partial<Data> | ((ctx: RequestContext) => Awaitable<Partial<Data>>);

const WRONG_TYPE =
  "The option defaultSessionData must be a plain object ({} works) or a function that returns one.";

/** The data of a fresh session, and whether they are saved although no handler changed them. */
export class DefaultData {
  readonly #source: DefaultSessionData;
  readonly #store: BaseStore;
  /** The text of the defaults, if all sessions share them. */
  readonly #text: string | undefined;

  /** @throws {TypeError} for defaults that are not a plain object, or cannot be stored. */
  constructor(source: DefaultSessionData, store: BaseStore) {
    this.#source = source;
    this.#store = store;
    if (typeof source === "function") return;
    if (!isPlainObject(source)) throw new TypeError(WRONG_TYPE);
    if (!isPlain(source)) {
      throw new TypeError(
        "The option defaultSessionData holds an instance of a class, which all sessions would share, or a cycle. Give plain objects, or a function that makes them for each session.",
      );
    }
    this.#text = serialized(source, store);
    if (serialized(source, store) !== this.#text) {
      throw new TypeError(
        "The store's stringify gives equal data a different text each time, so that every request would look like a change. Leave out what is random, such as a nonce.",
      );
    }
  }

  /**
   * Whether each session has its own defaults. They may be random (a token, say) and are therefore
   * saved once a handler has read them.
   */
  get arePersonal(): boolean {
    return typeof this.#source === "function";
  }

  /**
   * New data, which no other session shares. The copy of an object is returned at once, without a
   * promise.
   */
  make(ctx: RequestContext): Awaitable<SessionData> {
    if (typeof this.#source !== "function") return copyPlain(this.#source);
    const data = this.#source(ctx);
    return isPromise(data) ? Promise.resolve(data).then(copyChecked) : copyChecked(data);
  }

  /** The text of default data that no handler has changed. */
  textOf(untouched: SessionData): string {
    return this.#text ?? this.#store.codec.serialize(untouched);
  }
}

function copyChecked(data: SessionData): SessionData {
  if (!isPlainObject(data)) throw new SessionError("ERR_SESSION_USAGE", WRONG_TYPE);
  return copyPlain(data);
}

function serialized(defaults: SessionData, store: BaseStore): string {
  try {
    return store.codec.serialize(defaults);
  } catch (cause) {
    throw new TypeError("The store cannot store the option defaultSessionData.", { cause });
  }
}
