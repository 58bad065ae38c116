import { changedMeanwhile } from "../errors.js";
import type { LoadedSession, UpdatedSession } from "../records/store.js";
import type { Lifetime, SessionData } from "../session.js";
import type { ResolvedOptions } from "./options.js";
import { replaceContents } from "./update.js";

/** The session as the handlers see it: what the store has, with their unsaved ("pending") changes. */
export class SessionView {
  /** The session as the store has it; `null` when it is fresh. */
  loaded: LoadedSession | null;
  data: SessionData;
  lifetime: Lifetime;
  /** The text that a fresh session's data had when a handler first looked at them. */
  untouchedText: string | undefined;
  /** Whether this request has called `regenerate()`: then it has authenticated its user. */
  isRegenerated = false;
  readonly #options: ResolvedOptions;
  #isUsed = false;

  constructor(options: ResolvedOptions, loaded: LoadedSession | null, data: SessionData) {
    this.#options = options;
    this.loaded = loaded;
    this.data = data;
    this.lifetime = loaded?.lifetime;
  }

  /** A handler looks at the data, and may change them. */
  use(): void {
    if (this.#isUsed) return;
    this.#isUsed = true;
    if (this.loaded === null) this.untouchedText = this.#options.defaults.textOf(this.data);
  }

  /**
   * The data as text; `undefined` when no handler has looked at them.
   *
   * @throws {SessionError} `ERR_SESSION_DATA` for data that cannot be stored.
   */
  get text(): string | undefined {
    if (!this.#isUsed) return undefined;
    return this.#options.store.codec.serialize(this.data, this.lifetime);
  }

  /** Whether there are pending changes of the stored session. */
  get hasPending(): boolean {
    return this.loaded !== null && this.#differsFrom(this.loaded);
  }

  /** Shows default data that came late, under what the handlers have set meanwhile. */
  begin(defaults: SessionData): void {
    this.data = replaceContents(this.data, { ...defaults, ...this.data });
  }

  /** Shows the session after a committed `update()`: pending changes stay pending. */
  update(loaded: LoadedSession, updated: UpdatedSession): void {
    // Unless the handler has set a lifetime that is not saved yet.
    if (this.lifetime === loaded.lifetime) this.lifetime = updated.session.lifetime;
    this.loaded = updated.session;
    this.data = replaceContents(this.data, updated.dataWith(this.data));
  }

  /** Drops the pending changes. */
  reset(): void {
    const { loaded } = this;
    const stored = loaded && this.#options.store.codec.deserialize(loaded.text);
    if (!stored) return;
    this.data = replaceContents(this.data, stored.data);
    this.lifetime = stored.lifetime;
  }

  /**
   * Shows the session after `regenerate()`: pending changes stay pending.
   *
   * @throws {SessionError} `ERR_SESSION_CONFLICT`, and drops the pending changes, if the store had
   * other data than this request has loaded. Then the changes were made while `regenerate()` was
   * running, and `RecordWriter` has not seen them.
   */
  move(moved: LoadedSession): void {
    const { loaded } = this;
    this.loaded = moved;
    if (loaded === null || moved.text === loaded.text) return;
    let isMixture = true;
    try {
      isMixture = this.#differsFrom(loaded);
    } finally {
      this.reset();
    }
    if (isMixture) throw changedMeanwhile();
  }

  #differsFrom({ text: stored }: LoadedSession): boolean {
    const { text } = this;
    return text !== undefined && this.#options.store.codec.isChange(text, stored);
  }
}
