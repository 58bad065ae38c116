import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, type Awaitable } from "../platform/awaitable.js";
import type { SessionData } from "../record.js";
import type { SessionStore } from "../store.js";
import { copyPlain, isPlain, isPlainObject } from "../plain-data.js";

/**
 * Required keys that are missing here must be set by a handler before they are read;
 * TypeScript cannot check that.
 */
export type DefaultSessionData =
  Partial<SessionData> | ((ctx: RequestContext) => Awaitable<Partial<SessionData>>);

/** What a fresh session holds, and whether that is to be kept although nobody has changed it. */
export class SessionDefaults {
  readonly #source: DefaultSessionData;
  readonly #store: SessionStore;
  /** The text of an object of defaults, which is the same for every session. */
  readonly #text: string | undefined;

  /** @throws {TypeError} for defaults that are no plain object, or cannot be stored. */
  constructor(source: DefaultSessionData, store: SessionStore) {
    this.#source = source;
    this.#store = store;
    if (typeof source === "function") return;
    assertObject(source);
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
   * Whether each session has defaults of its own, which may be random and are therefore
   * kept once they have been seen.
   */
  get arePersonal(): boolean {
    return typeof this.#source === "function";
  }

  /** New ones, shared with no other session. */
  make(ctx: RequestContext): Awaitable<SessionData> {
    if (typeof this.#source !== "function") return copyPlain(this.#source);
    return andThen(this.#source(ctx), (data) => {
      assertObject(data);
      return copyPlain(data);
    });
  }

  /** What data that nobody has changed look like in the store. */
  textOf(untouched: SessionData): string {
    return this.#text ?? this.#store.serialize(untouched);
  }
}

function serialized(defaults: SessionData, store: SessionStore): string {
  try {
    return store.serialize(defaults);
  } catch (cause) {
    throw new TypeError("The store cannot store the option defaultSessionData.", { cause });
  }
}

function assertObject(data: unknown): void {
  if (isPlainObject(data)) return;
  throw new TypeError(
    "The option defaultSessionData must be a plain object ({} works) or a function that returns one.",
  );
}
