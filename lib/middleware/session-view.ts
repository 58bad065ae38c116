import type { SessionCodec } from "../records/session-codec.js";
import type { LoadedSession } from "../records/store.js";
import type { Lifetime, SessionData } from "../session.js";
import { replaceContents } from "./update.js";

/** The session as the handlers see it: what the store has, with their unsaved ("pending") changes. */
export class SessionView {
  /** The session as the store has it; `null` when it is fresh. */
  loaded: LoadedSession | null;
  data: SessionData;
  lifetime: Lifetime;
  /** Whether a handler has looked at the data, and may have changed them. */
  isUsed = false;
  /** The text of fresh data that no handler has changed. */
  untouchedText: string | undefined;
  readonly #codec: SessionCodec;

  constructor(codec: SessionCodec, loaded: LoadedSession | null, data: SessionData) {
    this.#codec = codec;
    this.loaded = loaded;
    this.data = data;
    this.lifetime = loaded?.lifetime;
  }

  /**
   * The data as text; `undefined` when no handler has looked at them.
   *
   * @throws {SessionError} `ERR_SESSION_DATA` for data that cannot be stored.
   */
  get text(): string | undefined {
    return this.isUsed ? this.#codec.serialize(this.data, this.lifetime) : undefined;
  }

  /** Whether there are pending changes of the stored session. */
  get hasPending(): boolean {
    const { loaded, text } = this;
    return loaded !== null && text !== undefined && this.#codec.isChange(text, loaded.text);
  }

  /** Shows what is stored now, and drops pending changes. */
  show(stored: LoadedSession): void {
    this.loaded = stored;
    this.data = replaceContents(this.data, stored.data);
    this.lifetime = stored.lifetime;
  }
}
